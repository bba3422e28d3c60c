package main

// serveTuning is the tuning of a served connector.
func serveTuning([]string) tuning { return defaultTuning() }
