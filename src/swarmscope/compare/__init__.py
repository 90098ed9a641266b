"""Whether one run is worse than others: pure, but for what reads the folders of runs and the files of baselines."""
