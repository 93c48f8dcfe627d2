package main

type exportCmd struct{}

// Run.
func (exportCmd) Run() error { return nil }
