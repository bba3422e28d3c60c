// Command limits shows that the budget of Dataverse's requests is used to the full and
// never exceeded: one node, and two nodes that share it on PostgreSQL.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

func main() { os.Exit(command()) }

func command() int {
	quick := flag.Bool("quick", false, "windows of 3 s with 60 requests instead of 15 s with 300")
	asJSON := flag.Bool("json", false, "print one JSON object last")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	load := Load{Requests: 300, Execution: 60 * time.Second, Window: 15 * time.Second, Total: 6000}
	if *quick {
		load = Load{Requests: 60, Execution: 12 * time.Second, Window: 3 * time.Second, Total: 600}
	}
	var results []Result
	code := 0
	for _, nodes := range []int{1, 2} {
		r, err := Run(ctx, load, nodes)
		if err != nil {
			fmt.Fprintln(os.Stderr, "limits:", err)
			return 1
		}
		fmt.Println(r)
		if r.Used < 0.95 || r.Refused >= 0.005 || r.Lost != 0 {
			code = 1
		}
		results = append(results, r)
	}
	if *asJSON {
		if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
			return 1
		}
	}
	return code
}
