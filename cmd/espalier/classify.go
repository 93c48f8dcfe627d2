package main

type classifyCmd struct{}

// Run.
func (classifyCmd) Run() error { return nil }
