package main

type measureCmd struct{}

// Run.
func (measureCmd) Run() error { return nil }
