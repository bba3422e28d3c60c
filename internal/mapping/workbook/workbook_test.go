package workbook_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
	"github.com/spotler-connector/connector/internal/mapping"
	"github.com/spotler-connector/connector/internal/mapping/workbook"
)

func offer() workbook.Choices {
	return workbook.Choices{Contact: []workbook.Name{{"firstname", "First Name", "string"}, {"lastname", "Last Name", "string"}},
		Spotler: []workbook.Name{{"firstName", "Voornaam", "string"}}}
}

func write(t testing.TB, s *mapping.Sheet) []byte {
	t.Helper()
	file, err := workbook.Write(s, offer())
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// C-589 C-596: the default mapping as a workbook is the default mapping.
func TestDefaultThereAndBack(t *testing.T) {
	got, err := workbook.Read(write(t, mapping.Default()))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(mapping.Default(), got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// text is what may stand in a cell: also what Excel takes for a formula, an escape or
// spaces to be trimmed.
func text() *rapid.Generator[string] {
	return rapid.OneOf(rapid.SampledFrom([]string{"=1+1", "_x0041_", "_x0041_x0042_", "_xD83D__x005F_", "+31", "'quoted", "a  b", "<a>&\"b\"", "true", "0012", "1e5", "ü€😀", "a\nb"}), rapid.StringMatching(`[a-zA-Z0-9=@<>&"'_ ;,.+-]{1,40}`))
}

// Export and import are the identity.
func TestThereAndBack(t *testing.T) {
	column := rapid.StringMatching(`[a-z][a-z0-9_]{0,20}`)
	source := rapid.Custom(func(t *rapid.T) mapping.Source {
		return rapid.OneOf(
			rapid.Map(column, func(s string) mapping.Source { return mapping.Column(s) }),
			rapid.Map(text(), func(s string) mapping.Source { return mapping.Literal("v" + strings.TrimSpace(s)) }),
			rapid.Just[mapping.Source](mapping.CustomerType{}),
		).Draw(t, "source")
	})
	rapid.Check(t, func(t *rapid.T) {
		s := &mapping.Sheet{}
		for i := range rapid.IntRange(1, 12).Draw(t, "rows") {
			s.Rows = append(s.Rows, mapping.Row{Spotler: column.Draw(t, "field") + "_" + string(rune('a'+i)), Contact: source.Draw(t, "contact"), Lead: source.Draw(t, "lead"), Direction: connector.ToSpotler,
				Scale: rapid.SampledFrom([]mapping.Scale{"", mapping.Cents, mapping.Units}).Draw(t, "scale")})
			if c, plain := s.Rows[i].Contact.(mapping.Column); plain && rapid.Bool().Draw(t, "filtered") {
				s.Rows[i].Lead, s.Rows[i].Contact, s.Rows[i].Filter = nil, c, "x"+strings.TrimSpace(text().Draw(t, "filter"))
			}
		}
		file, err := workbook.Write(s, offer())
		if err != nil {
			t.Fatal(err)
		}
		got, err := workbook.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(s, got); d != "" {
			t.Fatalf("(-want +got):\n%s", d)
		}
	})
}

// The cells have lists to choose from; what special values need is not refused by Excel.
func TestLists(t *testing.T) {
	f, err := excelize.OpenReader(bytes.NewReader(write(t, mapping.Default())))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	all, err := f.GetDataValidations("Mapping")
	if err != nil {
		t.Fatal(err)
	}
	lists := map[string]*excelize.DataValidation{}
	for _, v := range all {
		lists[v.Sqref[:1]] = v
	}
	if v := lists["E"]; v == nil || v.Formula1 != `"->,<-,<->"` || !v.ShowErrorMessage {
		t.Errorf("directions: %+v", v)
	}
	if v := lists["G"]; v == nil || v.Formula1 != "Fields!$A$2:$A$2" || v.ShowErrorMessage {
		t.Errorf("Spotler fields: %+v", v)
	}
	if v := lists["A"]; v == nil || v.Formula1 != "Fields!$D$2:$D$3" {
		t.Errorf("contact columns: %+v", v)
	}
	if v, err := f.GetCellValue("Fields", "E2"); err != nil || v != "First Name" {
		t.Errorf("label %q, %v", v, err)
	}
}

// book is a workbook with these rows in its first sheet.
func book(t testing.TB, rows ...[]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	for i, r := range rows {
		if err := f.SetSheetRow("Sheet1", "A"+string(rune('1'+i)), &r); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// What is wrong is told by its cell.
func TestFaultsNameTheirCell(t *testing.T) {
	head := []any{"Spotler Column", "contact column", "Sync Direction", "FILTER"}
	for name, c := range map[string]struct {
		file []byte
		says string
	}{
		"a wrong direction":      {book(t, head, []any{"email", "emailaddress1", "->"}, nil, []any{"city", "address1_city", "=>"}), `row 4, cell C4 "=>": use ->, <- or <->`},
		"a wrong column":         {book(t, head, []any{"city", "Address 1", "->"}), `row 2, cell B2 "Address 1"`},
		"a field twice":          {book(t, head, []any{"city", "a", "->"}, []any{"city", "b", "->"}), `row 3, cell A3 "city": an earlier row`},
		"an unknown heading":     {book(t, []any{"Spotler Column", "Colour"}), "cell B1: this heading is not known"},
		"a heading twice":        {book(t, []any{"Filter", "filter"}), "cell B1: the heading Filter is there twice"},
		"no heading":             {book(t, []any{"Contact Column"}), "the heading Sync Direction is missing"},
		"an empty book":          {book(t), "the first sheet is empty"},
		"a book without rows":    {book(t, head), "there are no rows"},
		"no workbook":            {[]byte("Spotler Column,Contact Column\n"), "no Excel workbook"},
		"nothing":                {nil, "no Excel workbook"},
		"more than a mapping is": {make([]byte, 5<<20), "larger than 4 MiB"},
	} {
		_, err := workbook.Read(c.file)
		if !errors.Is(err, fault.NotValid) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %q", name, err, c.says)
		}
	}
}

// What Excel cannot hold is refused when it is written, not lost.
func TestWhatExcelCannotHold(t *testing.T) {
	for name, text := range map[string]string{"too long": strings.Repeat("x", 40_000), "a control character": "a\x01b"} {
		s := &mapping.Sheet{Rows: []mapping.Row{{Spotler: "city", Contact: mapping.Literal(text), Direction: connector.ToSpotler}}}
		if _, err := workbook.Write(s, workbook.Choices{}); !errors.Is(err, fault.NotValid) || !strings.Contains(err.Error(), "A2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// rewritten is a workbook whose sheet is another text.
func rewritten(t testing.TB, sheet func(string) io.Reader) []byte {
	t.Helper()
	whole := book(t, []any{"Spotler Column", "Sync Direction"}, []any{"city", "->"})
	in, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	out := zip.NewWriter(&b)
	for _, part := range in.File {
		w, err := out.Create(part.Name)
		if err != nil {
			t.Fatal(err)
		}
		r, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		content := io.Reader(bytes.NewReader(text))
		if strings.HasSuffix(part.Name, "sheet1.xml") {
			content = sheet(string(text))
		}
		if _, err := io.Copy(w, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A small file that unpacks to a huge one is refused, and so are rows without end.
func TestHostileFiles(t *testing.T) {
	huge := rewritten(t, func(sheet string) io.Reader {
		return io.MultiReader(strings.NewReader(sheet), strings.NewReader(strings.Repeat(" ", 40<<20)))
	})
	if len(huge) > 1<<20 {
		t.Fatalf("no bomb: %d bytes", len(huge))
	}
	if _, err := workbook.Read(huge); !errors.Is(err, fault.NotValid) {
		t.Errorf("a bomb: %v", err)
	}
	far := rewritten(t, func(sheet string) io.Reader {
		return strings.NewReader(strings.NewReplacer(`r="2"`, `r="1000000"`, `r="A2"`, `r="A1000000"`, `r="B2"`, `r="B1000000"`).Replace(sheet))
	})
	if _, err := workbook.Read(far); !errors.Is(err, fault.NotValid) || !strings.Contains(err.Error(), "more than 2000 rows") {
		t.Errorf("a million rows: %v", err)
	}
	for name, sheet := range map[string]string{"truncated": "<worksheet><sheetData><row", "no sheet": "hello", "nothing": ""} {
		if _, err := workbook.Read(rewritten(t, func(string) io.Reader { return strings.NewReader(sheet) })); !errors.Is(err, fault.NotValid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// No file of a stranger brings the reader down, and what it accepts can be written again.
func FuzzRead(f *testing.F) {
	whole := write(f, mapping.Default())
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte("PK\x03\x04"))
	if seeds, err := filepath.Glob(filepath.Join("testdata", "*.xlsx")); err == nil {
		for _, s := range seeds {
			if file, err := os.ReadFile(s); err == nil {
				f.Add(file)
			}
		}
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		s, err := workbook.Read(file)
		if err != nil {
			if !errors.Is(err, fault.NotValid) {
				t.Fatalf("not refused but %v", err)
			}
			return
		}
		again, err := workbook.Write(s, workbook.Choices{})
		if err != nil {
			if !errors.Is(err, fault.NotValid) {
				t.Fatal(err)
			}
			return
		}
		got, err := workbook.Read(again)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(s, got); d != "" {
			t.Fatalf("(-want +got):\n%s", d)
		}
	})
}
