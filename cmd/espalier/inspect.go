package main

type inspectCmd struct{}

// Run.
func (inspectCmd) Run() error { return nil }
