"""What each color means, on every dashboard: safe for color-blind readers, and never the only thing that tells.

Measured lines are blue, by shades where they are many; so are failures in red. Thresholds are purple and dashed, which
nothing else is.
"""

GOOD, BAD, DOUBTFUL, PENDING, NOTHING = "#009E73", "#D55E00", "#E69F00", "#F0E442", "#8E8E8E"
MEASURED = "blue"
P50, P95, P99 = "super-light-blue", "blue", "dark-blue"
#: What alerts judge by, beside what was measured: the color of the text.
JUDGED = "text"
#: A line to compare with, such as how many users there should be.
REFERENCE = NOTHING
CRITICAL, WARNING = "purple", "super-light-purple"
