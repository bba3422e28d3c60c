// Package solutionfile reads a solution as Dataverse exports it: a zip with a
// manifest, customizations and environment variables (reference: dataverse-api 6.2).
package solutionfile

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// What a file may hold at most; more is refused before it is unpacked.
const (
	mostFiles = 5000
	mostBytes = 32 << 20 // of one part, unpacked
)

// Solution is what a file says of itself.
type Solution struct {
	UniqueName, FriendlyName, Description, Version string
	Managed                                        bool
	Publisher                                      Publisher
	Tables                                         []Table    // of customizations.xml, in its order
	Variables                                      []Variable // environment variables
}

// Publisher is who made a solution.
type Publisher struct {
	UniqueName, FriendlyName, Prefix string
	OptionPrefix                     int
}

// Table is a table of the customizations, by schema name and label.
type Table struct{ Name, Label string }

// Variable is the definition of an environment variable.
type Variable struct {
	SchemaName, DisplayName, Default string
	Type                             int // 100000000 is a string
}

// Parse reads a file. An error says which part of it cannot be read, and why.
func Parse(file []byte) (Solution, error) {
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return Solution{}, errors.New("the solution file is not a zip file")
	}
	if len(z.File) > mostFiles {
		return Solution{}, fmt.Errorf("the solution file has %d parts; at most %d are read", len(z.File), mostFiles)
	}
	var s Solution
	seen := map[string]bool{}
	for _, f := range z.File {
		var read func(*Solution, []byte) error
		switch name := strings.ReplaceAll(f.Name, `\`, "/"); {
		case name == "solution.xml":
			read = (*Solution).manifest
		case name == "customizations.xml":
			read = (*Solution).customizations
		case path.Base(name) == "environmentvariabledefinition.xml":
			read = (*Solution).variable
		default:
			continue
		}
		text, err := unpack(f)
		if err == nil {
			err = read(&s, text)
		}
		if err != nil {
			return Solution{}, fmt.Errorf("%s cannot be read: %w", f.Name, err)
		}
		seen[f.Name] = true
	}
	if !seen["solution.xml"] || !seen["customizations.xml"] {
		return Solution{}, errors.New("the solution file needs solution.xml and customizations.xml")
	}
	return s, nil
}

func unpack(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	text, err := io.ReadAll(io.LimitReader(r, mostBytes+1))
	if err == nil && len(text) > mostBytes {
		err = fmt.Errorf("it is larger than %d bytes", mostBytes)
	}
	return bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), err
}

// names are labels in several languages; the first stands for all.
type names struct {
	Name []struct {
		Description string `xml:"description,attr"`
	} `xml:",any"`
}

func (n names) first() string {
	if len(n.Name) == 0 {
		return ""
	}
	return n.Name[0].Description
}

func (s *Solution) manifest(text []byte) error {
	var d struct {
		Manifest *struct {
			UniqueName     string
			LocalizedNames names
			Descriptions   names
			Version        string
			Managed        int
			Publisher      struct {
				UniqueName                     string
				LocalizedNames                 names
				CustomizationPrefix            string
				CustomizationOptionValuePrefix int
			}
		} `xml:"SolutionManifest"`
	}
	if err := xml.Unmarshal(text, &d); err != nil {
		return err
	}
	m := d.Manifest
	if m == nil || m.UniqueName == "" || m.Version == "" || m.Publisher.UniqueName == "" {
		return errors.New("it has no SolutionManifest with UniqueName, Version and Publisher")
	}
	s.UniqueName, s.FriendlyName, s.Description, s.Version, s.Managed = m.UniqueName, m.LocalizedNames.first(), m.Descriptions.first(), m.Version, m.Managed == 1
	s.Publisher = Publisher{m.Publisher.UniqueName, m.Publisher.LocalizedNames.first(), m.Publisher.CustomizationPrefix, m.Publisher.CustomizationOptionValuePrefix}
	if s.FriendlyName == "" {
		s.FriendlyName = s.UniqueName
	}
	return nil
}

func (s *Solution) customizations(text []byte) error {
	var d struct {
		XMLName  xml.Name `xml:"ImportExportXml"`
		Entities []struct {
			Name struct {
				Label string `xml:"LocalizedName,attr"`
				Name  string `xml:",chardata"`
			}
		} `xml:"Entities>Entity"`
	}
	if err := xml.Unmarshal(text, &d); err != nil {
		return err
	}
	for _, e := range d.Entities {
		name := strings.TrimSpace(e.Name.Name)
		if name == "" {
			return errors.New("an Entity has no Name")
		}
		s.Tables = append(s.Tables, Table{name, e.Name.Label})
	}
	return nil
}

func (s *Solution) variable(text []byte) error {
	var d struct {
		XMLName     xml.Name `xml:"environmentvariabledefinition"`
		SchemaName  string   `xml:"schemaname,attr"`
		Default     string   `xml:"defaultvalue"`
		DisplayName struct {
			Default string `xml:"default,attr"`
		} `xml:"displayname"`
		Type int `xml:"type"`
	}
	if err := xml.Unmarshal(text, &d); err != nil {
		return err
	}
	if d.SchemaName == "" {
		return errors.New("it has no schemaname")
	}
	s.Variables = append(s.Variables, Variable{d.SchemaName, d.DisplayName.Default, d.Default, d.Type})
	return nil
}
