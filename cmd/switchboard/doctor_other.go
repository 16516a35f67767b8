//go:build !unix

package main

import "context"

// What only Unix systems tell is left out elsewhere.
func checkDisk(context.Context, *config) []finding      { return nil }
func checkFileLimit(context.Context, *config) []finding { return nil }
func lockOwner(string) string                           { return "" }
