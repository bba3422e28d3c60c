// Command bench measures the connector: speed, memory and order, counted at the
// receiver, beside a plain loop that carries the same edits. See README.md.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/spotler-connector/connector/bench/rig"
	"github.com/spotler-connector/connector/internal/sandbox/control"
)

// bench is one run of everything.
type bench struct {
	began   time.Time
	quick   bool
	only    *regexp.Regexp
	stores  []string
	profile string
	set     map[string]string // further variables of the connector
	samples int
	rig     *rig.Rig
	result  result
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	b := &bench{began: time.Now(), set: map[string]string{}}
	asJSON := flag.Bool("json", false, "print one JSON object as the last line")
	only := flag.String("only", "", "run only what matches this pattern, such as 'sqlite hook spread 0' or 'lone'")
	stores := flag.String("stores", "sqlite,postgres", "the databases")
	dir := flag.String("dir", "", "where the data is kept meanwhile; the disk below it is measured too")
	flag.BoolVar(&b.quick, "quick", false, "fewer cases, within 4 minutes")
	flag.StringVar(&b.profile, "profile", "", "folder for a CPU profile of the connector in each case")
	flag.IntVar(&b.samples, "samples", 300, "lone changes that are measured")
	flag.Func("set", "a variable for the connector, NAME=value; may be given again", func(v string) error {
		name, value, _ := strings.Cut(v, "=")
		b.set[name] = value
		return nil
	})
	flag.Parse()
	b.stores = strings.Split(*stores, ",")
	if b.only, err = regexp.Compile(*only); err != nil {
		return err
	}
	progress("building")
	if b.rig, err = rig.New(ctx, *dir); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.rig.Close()) }()
	if err := b.all(ctx); err != nil {
		return err
	}
	b.result.judge()
	b.result.table(os.Stdout)
	if *asJSON {
		err = json.NewEncoder(os.Stdout).Encode(b.result)
	}
	if err == nil && b.result.broken() {
		err = errBroken
	}
	return err
}

// errBroken is the end of a run in which the connector was not slow but wrong.
var errBroken = errors.New("a case failed, or changes were lost or out of order")

func progress(format string, args ...any) { fmt.Fprintf(os.Stderr, "bench: "+format+"\n", args...) }

// The latencies of both remotes, in milliseconds.
var (
	atOnce   = control.Delay{}
	far      = control.Delay{MinMS: 20, MaxMS: 20}
	changing = control.Delay{MinMS: 10, MaxMS: 30}
)

// spec is one case.
type spec struct {
	Store   string
	Source  string // hook or feed
	Shape   rig.Shape
	Latency control.Delay
}

func (s spec) String() string {
	return fmt.Sprintf("%s %s %s %s", s.Store, s.Source, s.Shape, latency(s.Latency))
}

func latency(d control.Delay) string {
	if d.MinMS != d.MaxMS {
		return fmt.Sprintf("%d-%d", d.MinMS, d.MaxMS)
	}
	return fmt.Sprint(d.MinMS)
}

// specs lists the cases.
func (b *bench) specs() []spec {
	var out []spec
	for _, shape := range []rig.Shape{rig.Spread, rig.Burst} {
		for _, source := range []string{"hook", "feed"} {
			for _, d := range b.latencies(source, shape) {
				for _, store := range b.stores {
					out = append(out, spec{store, source, shape, d})
				}
			}
		}
	}
	return out
}

func (b *bench) latencies(source string, shape rig.Shape) []control.Delay {
	switch {
	case !b.quick:
		return []control.Delay{atOnce, far, changing}
	case source == "hook" && shape == rig.Spread:
		return []control.Delay{atOnce, far}
	}
	return []control.Delay{atOnce}
}

// quickTime is how long a quick run begins new cases: the last one must end within
// the 4 minutes that it may take.
const quickTime = 215 * time.Second

// all measures everything that was asked for, the yardstick first. A case that
// fails stands in the result as failed and does not end the run.
func (b *bench) all(ctx context.Context) error {
	if err := b.allBare(ctx); err != nil {
		return err
	}
	for _, store := range b.stores {
		if b.only.MatchString("lone " + store) {
			progress("lone %s", store)
			b.result.Lone = append(b.result.Lone, b.lone(ctx, store))
		}
		if b.only.MatchString("intake " + store) {
			progress("intake %s", store)
			b.result.Intake = append(b.result.Intake, b.intake(ctx, store))
		}
	}
	for _, s := range b.specs() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if b.only.MatchString(s.String()) {
			b.result.Cases = append(b.result.Cases, b.measure(ctx, s))
		}
	}
	return ctx.Err()
}

func (b *bench) allBare(ctx context.Context) error {
	for _, d := range []control.Delay{atOnce, far, changing} {
		if b.quick && d == changing || !b.only.MatchString("bare "+latency(d)) {
			continue
		}
		progress("bare %s ms", latency(d))
		bare, err := b.rig.Bare(ctx, rig.Spread, d)
		if err != nil {
			return err
		}
		b.result.Bare = append(b.result.Bare, bare)
	}
	return nil
}
