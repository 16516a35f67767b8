// Package hostile attacks the program from outside: tests start the real binary with an empty data directory and send what
// strangers, broken senders and bad guests send. Whatever comes, the sender gets a small clear error, the log tells nothing
// about anybody, and the next good request is handled.
package hostile
