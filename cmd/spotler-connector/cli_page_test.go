package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

var update = flag.Bool("update", false, "write the page about the commands")

const (
	pageBegin, pageEnd = "<!-- commands: written by go test ./cmd/spotler-connector -run TestPageOfCommands -update -->\n", "<!-- /commands -->\n"
)

var cliPage = filepath.Join("..", "..", "docs", "operations", "cli.md")

// cliModel is the command line as kong sees it.
func cliModel(t *testing.T) *kong.Application {
	t.Helper()
	parser, err := kong.New(&commands{}, kong.Name("spotler-connector"), kong.Writers(io.Discard, io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	return parser.Model
}

// commandName is a command without the program and its arguments.
func commandName(n *kong.Node) string {
	var words []string
	for ; n.Parent != nil; n = n.Parent {
		words = append(words, n.Name)
	}
	slices.Reverse(words)
	return strings.Join(words, " ")
}

// inTable keeps Markdown from reading a help text as its own.
var inTable = strings.NewReplacer("<", `\<`, "|", `\|`)

// described is the reference of every command, as the page holds it.
func described(app *kong.Application) string {
	var b strings.Builder
	for _, n := range app.Leaves(true) {
		usage := commandName(n)
		for _, p := range n.Positional {
			usage += " " + strings.ToUpper(strings.Trim(p.Summary(), " "))
		}
		fmt.Fprintf(&b, "### %s\n\n    spotler-connector %s\n\n%s\n\n", commandName(n), usage, inTable.Replace(n.Help))
		var rows []string
		for _, p := range n.Positional {
			rows = append(rows, fmt.Sprintf("| `%s` | %s |", strings.ToUpper(p.Summary()), inTable.Replace(p.Help)))
		}
		for _, f := range n.Flags {
			rows = append(rows, fmt.Sprintf("| `%s` | %s |", flagShown(f), inTable.Replace(f.Help)))
		}
		if len(rows) > 0 {
			b.WriteString("| | |\n| --- | --- |\n" + strings.Join(rows, "\n") + "\n\n")
		}
	}
	return b.String()
}

func flagShown(f *kong.Flag) string {
	s := "--" + f.Name
	if f.Short != 0 {
		s = "-" + string(f.Short) + ", " + s
	}
	if !f.IsBool() {
		s += "=" + f.FormatPlaceHolder()
	}
	return s
}

func cliText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(cliPage)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The reference in docs is the command line itself, so that neither can be wrong alone.
func TestPageOfCommands(t *testing.T) {
	text := cliText(t)
	head, rest, ok := strings.Cut(text, pageBegin)
	_, foot, ok2 := strings.Cut(rest, pageEnd)
	if !ok || !ok2 {
		t.Fatal("docs/operations/cli.md has lost the marks around its commands")
	}
	want := head + pageBegin + "\n" + described(cliModel(t)) + pageEnd + foot
	if *update {
		if err := os.WriteFile(cliPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		text = want
	}
	if text != want {
		t.Error("docs/operations/cli.md is not what the commands say: go test ./cmd/spotler-connector -run TestPageOfCommands -update")
	}
}

// Whatever prints JSON has a row that says which shape, by a name of the API's document.
func TestPageOfShapes(t *testing.T) {
	document, err := os.ReadFile(filepath.Join("..", "..", "api", "openapi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z -]+)` \\| (.+) \\|$").FindAllStringSubmatch(cliText(t), -1) {
		told[m[1]] = m[2]
	}
	for _, n := range cliModel(t).Leaves(true) {
		speaks := slices.ContainsFunc(n.Flags, func(f *kong.Flag) bool { return f.Name == "json" })
		if shape := told[commandName(n)]; speaks != (shape != "") {
			t.Errorf("%s: prints JSON is %t, and the page says %q", commandName(n), speaks, shape)
		}
		for _, schema := range regexp.MustCompile("`([A-Z][A-Za-z]+)`").FindAllStringSubmatch(told[commandName(n)], -1) {
			if !strings.Contains(string(document), "\n    "+schema[1]+":\n") {
				t.Errorf("%s: api/openapi.yaml has no %s", commandName(n), schema[1])
			}
		}
	}
}

// The exit codes of the page are those of main.go, no more and no less.
func TestPageOfExitCodes(t *testing.T) {
	var told []string
	for _, m := range regexp.MustCompile(`(?m)^\| (\d) \|`).FindAllStringSubmatch(cliText(t), -1) {
		told = append(told, m[1])
	}
	want := fmt.Sprint([]int{exitOK, exitFailed, exitUsage, exitDenied, exitNotFound, exitTransient})
	if got := "[" + strings.Join(told, " ") + "]"; got != want {
		t.Errorf("the page has the exit codes %s, the program %s", got, want)
	}
	for _, variable := range []string{serverEnviron, tokenEnviron, dataEnviron} {
		if !strings.Contains(cliText(t), "`"+variable+"`") {
			t.Errorf("the page does not name %s", variable)
		}
	}
}
