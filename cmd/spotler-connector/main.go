// Command spotler-connector keeps Dynamics 365 (Dataverse) and Spotler Mail+ telling
// the same story about people.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/spotler-connector/connector/internal/fault"
)

// Exit codes, documented in docs/operations/cli.md.
const (
	exitOK        = 0
	exitFailed    = 1 // the command ran and the answer is bad: a difference, a failed job
	exitUsage     = 2 // the command, a setting or a value is wrong; the message says how to mend it
	exitDenied    = 3 // the token or the credentials were refused
	exitNotFound  = 4 // what was asked for is not there
	exitTransient = 5 // the connector or a remote did not answer; try again
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// streams are where a command writes: results on out, everything else on err.
type streams struct {
	out, err io.Writer
	environ  []string
}

// run is main without the globals, so that a test can start the whole house.
func run(ctx context.Context, args, environ []string, out, errw io.Writer) int {
	var c commands
	exited := -1
	parser, err := kong.New(&c, kong.Name("spotler-connector"), kong.Writers(out, errw), kong.Exit(func(code int) { exited = code }),
		kong.Description("Keeps Dynamics 365 and Spotler Mail+ telling the same story about people."), kong.UsageOnError(),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(streams{out, errw, environ}))
	if err != nil {
		return say(errw, err)
	}
	k, err := parser.Parse(args)
	if exited >= 0 { // --help has printed
		return exited
	}
	if err != nil {
		parser.FatalIfErrorf(err)
		return exitUsage
	}
	return say(errw, k.Run())
}

// exitError ends a command with a code and, if it has one, a sentence.
type exitError struct {
	code int
	says string
}

func (e exitError) Error() string { return e.says }

// say prints an error as a person should read it and returns the exit code.
func say(w io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	var exit exitError
	if errors.As(err, &exit) {
		if exit.says != "" {
			_, _ = fmt.Fprintln(w, exit.says)
		}
		return exit.code
	}
	_, _ = fmt.Fprintln(w, "spotler-connector: "+err.Error())
	switch fault.Of(err) {
	case fault.NotValid, fault.Conflict:
		return exitUsage
	case fault.Denied:
		return exitDenied
	case fault.NotFound:
		return exitNotFound
	case fault.Busy, fault.Unreachable, fault.Uncertain, fault.Garbled:
		return exitTransient
	}
	return exitFailed
}
