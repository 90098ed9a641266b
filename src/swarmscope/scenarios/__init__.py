"""What a run does: stages, phases and the choice of users, without Locust."""
