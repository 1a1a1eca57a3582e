"""The job process: the drainer loop and the schedules."""
