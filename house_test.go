package connector_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/spotler-connector/connector"

// house lists every room from the cellar to the roof, with the rooms it may
// enter; the glossary and fault are open to all. A room may only enter rooms
// that stand above it in this list. ARCHITECTURE.md says what each is for.
var house = []struct {
	room string
	may  []string
}{
	{"internal/fault", nil},
	{"internal/schema", nil},
	{"internal/settings", []string{"internal/schema"}},
	{"internal/mapping", []string{"internal/schema"}},
	{"internal/mapping/workbook", []string{"internal/schema", "internal/mapping"}},
	{"internal/decide", nil},
	{"internal/transport", nil},
	{"internal/dataverse", []string{"internal/schema", "internal/transport"}},
	{"internal/spotler", []string{"internal/transport"}},
	{"internal/spotler/spotlertest", []string{"internal/transport", "internal/spotler"}},
	{"internal/leads", []string{"internal/transport"}},
	{"internal/store", nil},
	{"internal/store/sqlite", []string{"internal/store"}},
	{"internal/store/postgres", []string{"internal/store"}},
	{"internal/store/pgserver", nil},
	{"internal/store/storetest", []string{"internal/store", "internal/store/sqlite", "internal/store/postgres", "internal/store/pgserver"}},
	{"internal/lanes", []string{"internal/store"}},
	{"internal/lanes/lanestest", []string{"internal/store", "internal/lanes", "internal/store/sqlite", "internal/store/postgres", "internal/store/storetest"}},
	{"internal/operations", []string{"internal/schema", "internal/settings", "internal/mapping", "internal/decide", "internal/dataverse", "internal/spotler", "internal/store", "internal/lanes"}},
	{"internal/intake", []string{"internal/operations", "internal/schema", "internal/settings", "internal/mapping", "internal/dataverse", "internal/store", "internal/lanes"}},
	{"internal/intake/servicebus", nil},
	{"internal/schedule", []string{"internal/operations", "internal/decide", "internal/schema", "internal/settings", "internal/mapping", "internal/dataverse", "internal/store", "internal/lanes", "internal/intake"}},
	{"internal/provision", []string{"internal/schema", "internal/settings", "internal/mapping", "internal/dataverse"}},
	{"internal/api/openapi", nil},
	{"internal/api", []string{"internal/store", "internal/lanes", "internal/settings", "internal/api/openapi"}},
	{"internal/sandbox/control", nil},
	{"internal/sandbox/dataversesim/metadata", []string{"internal/schema"}},
	{"internal/sandbox/dataversesim/query", nil},
	{"internal/sandbox/dataversesim/odata", []string{"internal/sandbox/dataversesim/query"}},
	{"internal/sandbox/dataversesim/fetchxml", []string{"internal/sandbox/dataversesim/query"}},
	{"internal/sandbox/dataversesim/solutionfile", nil},
	{"internal/sandbox/dataversesim", []string{"internal/schema", "internal/sandbox/control", "internal/sandbox/dataversesim/metadata", "internal/sandbox/dataversesim/query", "internal/sandbox/dataversesim/odata", "internal/sandbox/dataversesim/fetchxml", "internal/sandbox/dataversesim/solutionfile"}},
	{"internal/sandbox/spotlersim", []string{"internal/schema", "internal/sandbox/control"}},
	{"internal/sandbox/leadssim", []string{"internal/sandbox/control"}},
	{"internal/sandbox/people", []string{"internal/schema", "internal/sandbox/control"}},
	{"internal/sandbox", []string{"internal/schema", "internal/sandbox/control", "internal/sandbox/dataversesim", "internal/sandbox/spotlersim", "internal/sandbox/leadssim"}},
	{"cmd/spotler-connector", []string{"*"}},
	{"bench", []string{"*"}},
	{"compat", []string{"*"}},
}

// Tests may enter any room at or below their own floor and the test suites.
func TestHouse(t *testing.T) {
	built := map[string]bool{"": true}
	may := map[string][]string{}
	for _, h := range house {
		for _, m := range h.may {
			if m != "*" && !built[m] {
				t.Errorf("%s may enter %s, which does not stand above it in the list", h.room, m)
			}
		}
		built[h.room] = true
		may[h.room] = append([]string{"", "internal/fault"}, h.may...)
	}
	may[""] = nil
	seen := 0
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && file != "." || d.Name() == "node_modules" || d.Name() == "tools" || d.Name() == "web" || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		seen++
		checkFile(t, filepath.ToSlash(file), may)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen == 0 {
		t.Fatal("no Go files were read")
	}
}

// ARCHITECTURE.md has the same rooms, in the same order, with the same doors.
func TestArchitectureIsThisHouse(t *testing.T) {
	page, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for line := range strings.Lines(string(page)) {
		if cells := strings.Split(strings.TrimSpace(line), " | "); len(cells) == 3 && strings.HasPrefix(cells[0], "| `") {
			told = append(told, strings.TrimPrefix(cells[0], "| ")+" may enter "+strings.TrimSuffix(cells[2], " |"))
		}
	}
	var built []string
	for _, h := range house {
		doors := "–"
		if slices.Equal(h.may, []string{"*"}) {
			doors = "every room"
		} else if len(h.may) > 0 {
			doors = strings.ReplaceAll("`"+strings.Join(h.may, "`, `")+"`", "`internal/", "`")
		}
		built = append(built, "`"+h.room+"` may enter "+doors)
	}
	if !slices.Equal(told, built) {
		t.Errorf("the table in ARCHITECTURE.md is\n%s\nand must be\n%s", strings.Join(told, "\n"), strings.Join(built, "\n"))
	}
}

func checkFile(t *testing.T, file string, may map[string][]string) {
	t.Helper()
	from := room(path.Dir(file))
	allowed, known := may[from]
	if !known {
		t.Errorf("%s is in a room that the house does not have: add it to house_test.go and to ARCHITECTURE.md", file)
		return
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	for _, spec := range parsed.Imports {
		imp, _ := strconv.Unquote(spec.Path.Value)
		if imp != module && !strings.HasPrefix(imp, module+"/") {
			if from == "" && strings.Contains(strings.SplitN(imp, "/", 2)[0], ".") {
				t.Errorf("%s: the glossary imports only the standard library, not %s", file, imp)
			}
			continue
		}
		to := room(strings.TrimPrefix(strings.TrimPrefix(imp, module), "/"))
		if to != from && !slices.Contains(allowed, "*") && !slices.Contains(allowed, to) {
			t.Errorf("%s: %s may not enter %s", file, from, to)
		}
	}
}

// room is the longest listed room that holds the folder; bench and compat hold
// their subfolders.
func room(dir string) string {
	if dir == "." {
		return ""
	}
	for _, top := range []string{"bench", "compat"} {
		if dir == top || strings.HasPrefix(dir, top+"/") {
			return top
		}
	}
	return dir
}
