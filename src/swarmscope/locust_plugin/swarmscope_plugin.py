"""Given to Locust beside a locustfile (`locust -f THEIRS,THIS`): observes it, and runs a project's scenarios.

It comes last: Locust calls the test by its first file, and the names of the locustfile's own arguments are known.
"""

from swarmscope.locust_plugin.scenarios import plug_in
from swarmscope.project.places import PROJECT

plug_in(PROJECT)
