package settings

import (
	"fmt"
	"strings"
)

// Description is what a person may know of a setting.
type Description struct {
	Key      string // in the file
	Variable string // environment variable
	Default  string // empty: none, or the meaning tells it
	Meaning  string
	Form     string // what a value looks like
	Required bool
	Secret   bool
	// PerEnvironment settings stand in an item of environments; their variables
	// are for a set-up with one environment.
	PerEnvironment bool
}

// Describe lists every setting in the order of the manual.
func Describe() []Description {
	var out []Description
	for i, table := range [][]row{processTable(&Settings{}), environmentTable(&Environment{})} {
		for _, r := range table {
			out = append(out, Description{r.key, r.variable(), r.def, r.meaning, r.reader.form, r.reader.required, r.reader.secret, i == 1})
		}
	}
	return out
}

// Manual is the page about the settings in Markdown.
func Manual() string {
	var b strings.Builder
	b.WriteString(manualHead)
	for i, title := range []string{"The process", "An environment"} {
		fmt.Fprintf(&b, "\n## %s\n\n| Setting | Default | Meaning | Value |\n| --- | --- | --- | --- |\n", title)
		for _, d := range Describe() {
			if d.PerEnvironment == (i == 1) {
				fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", d.Key, d.shownDefault(), cell(d.Meaning), cell(d.Form))
			}
		}
	}
	return b.String()
}

func (d Description) shownDefault() string {
	switch {
	case d.Required:
		return "must be set"
	case d.Default == "":
		return ""
	}
	return "`" + d.Default + "`"
}

func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;").Replace(s)
}

const manualHead = `# Settings

Settings come from a YAML file, from environment variables, or both; a variable
wins. The variable of a setting is ` + "`SPOTLER_CONNECTOR_`" + ` and its name in capitals,
with underscores for dots: ` + "`dataverse.url`" + ` is ` + "`SPOTLER_CONNECTOR_DATAVERSE_URL`" + `. Lists
are written with commas in a variable, pairs as ` + "`name=value`" + `.

A dot is a level in the file. Environments are a list; with one environment, its
settings may be variables too. Unknown names are refused, with their line.

A secret may be written as ` + "`env:NAME`" + ` or ` + "`file:path`" + `, so that it need not stand in
the file. Relative paths in the file start at its folder.

` + "```yaml" + `
database: sqlite:connector.db
environments:
  - name: shop
    dataverse:
      url: https://example.crm4.dynamics.com
      organisation_id: 6f0c1c9e-0d9b-4f0e-9a44-0a3c4f6c2b11
      token_url: https://login.microsoftonline.com/example/oauth2/v2.0/token
      client_id: 0f8fad5b-d9cb-469f-a165-70867728950e
      client_secret: env:SHOP_DATAVERSE_SECRET
    spotler:
      key: shop-key
      secret: file:/run/secrets/spotler
    hook:
      url: https://connector.example
      secrets: [env:SHOP_HOOK_SECRET]
    columns:
      contact.dh_version: int
` + "```" + `
`

// nearest returns the key that a mistyped one was probably meant to be, or "".
func nearest(typed string, keys []string) string {
	if len(typed) > 80 {
		return ""
	}
	best, bestDistance := "", len(typed)/3+2
	for _, key := range keys {
		if strings.HasSuffix(key, "."+typed) || strings.HasPrefix(key, typed+".") {
			return key
		}
		if d := distance(strings.ToLower(typed), strings.ToLower(key)); d < bestDistance {
			best, bestDistance = key, d
		}
	}
	return best
}

// distance counts the letters that must change to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
