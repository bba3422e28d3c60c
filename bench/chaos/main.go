// Command chaos kills the connector in the middle of a run, again and again, each
// time while it holds work, and compares both sides at the end. See bench/README.md.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spotler-connector/connector/bench/rig"
)

// result is what chaos prints with -json, as its last line.
type result struct {
	Runs    []*runResult `json:"runs"`
	Seconds float64      `json:"seconds"`
	OK      bool         `json:"ok"`
}

// errUnequal ends the command when the run itself worked and its end was wrong.
var errUnequal = errors.New("the end was not as it must be")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	asJSON := flag.Bool("json", false, "print one JSON object as the last line")
	stores := flag.String("stores", "sqlite,postgres", "the databases")
	kills := flag.Int("kills", 20, "kills for each database that hit work in progress")
	dir := flag.String("dir", "", "where the data is kept meanwhile")
	set := map[string]string{}
	flag.Func("set", "a variable for the connector, NAME=value; may be given again", func(v string) error {
		name, value, _ := strings.Cut(v, "=")
		set[name] = value
		return nil
	})
	flag.Parse()
	began := time.Now()
	r, err := rig.New(ctx, *dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	out := result{OK: true}
	for _, store := range strings.Split(*stores, ",") {
		c := &chaos{rig: r, kills: *kills, set: set, result: &runResult{Store: store}}
		if err := c.run(ctx); err != nil {
			c.result.Failed = err.Error()
		}
		c.result.judge()
		c.result.tell(os.Stdout)
		out.Runs = append(out.Runs, c.result)
		out.OK = out.OK && c.result.OK
	}
	out.Seconds = time.Since(began).Seconds()
	if *asJSON {
		if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
			return err
		}
	}
	if !out.OK {
		return errUnequal
	}
	return nil
}

func progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, time.Now().Format("15:04:05")+" chaos: "+format+"\n", args...)
}
