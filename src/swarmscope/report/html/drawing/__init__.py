"""One module for each kind of panel: an answer in, what is shown out.

A chart is a figure of Plotly as a plain dictionary. It has no colours of its own: ``meta`` names them, and the page
gives each name the colour of its theme.
"""
