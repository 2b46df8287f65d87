// Command trustmae learns a product from one folder of unlabelled photos, some
// of them defective, and finds the defects on new ones. `trustmae help` lists
// what it does, docs/cli.md every flag, file and exit code.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// gcPercent lets garbage grow to a fifth of what is alive before it is collected.
// Go's default, as much again, would double gigabytes of activations; a collection
// costs little, since they hold no pointers.
const gcPercent = 20

func main() {
	debug.SetGCPercent(gcPercent)
	ctx, stop := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		stop()
		<-signals
		os.Exit(exitInterrupted)
	}()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
