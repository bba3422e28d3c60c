package dataversesim

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/solutionfile"
)

// mostStaged is how many uploaded solutions are kept, newest last.
const mostStaged = 16

// staged is an uploaded solution that waits for its import.
type staged struct {
	id   guid
	file solutionfile.Solution
}

// imported is what became of an import, by its job.
type imported struct {
	job      guid
	solution string
	trouble  string // "" when it passed
}

// detail is a component as StageSolution tells of it (reference: dataverse-api 6.2).
type detail struct {
	ComponentName     string
	ComponentTypeName string
	IsPresentInOrg    string
	Attributes        attributes
}

type attributes struct {
	Count        int
	Keys, Values []string
}

func detailOf(name, kind, present string, pairs ...string) detail {
	d := detail{name, kind, present, attributes{len(pairs) / 2, []string{}, []string{}}}
	for i := 0; i < len(pairs); i += 2 {
		d.Attributes.Keys, d.Attributes.Values = append(d.Attributes.Keys, pairs[i]), append(d.Attributes.Values, pairs[i+1])
	}
	return d
}

// stageSolution answers POST StageSolution: it reads the file and keeps it.
func (d *definition) stageSolution() (*response, *failure) {
	s := d.sim
	text, err := base64.StdEncoding.DecodeString(d.body.Text("CustomizationFile"))
	if err := d.body.Err(); err != nil {
		return nil, refusal(err)
	}
	if err != nil || len(text) == 0 {
		return nil, badArgument("The parameter CustomizationFile is not a file in base64.")
	}
	file, err := solutionfile.Parse(text)
	if err != nil {
		return nil, badArgument("The solution file is invalid: %s.", err)
	}
	up := staged{newGUID(s.rand), file}
	s.uploads = append(s.uploads, up)
	if len(s.uploads) > mostStaged {
		s.uploads = s.uploads[1:]
	}
	details := []detail{detailOf(file.FriendlyName, "solution", "Unknown", "localizedname", file.FriendlyName, "description", file.Description)}
	for _, t := range file.Tables {
		present := map[bool]string{true: "True", false: "False"}[s.tables[strings.ToLower(t.Name)] != nil]
		details = append(details, detailOf(t.Label, "entity", present, "name", t.Name))
	}
	earlier := map[string]any{"PreviousSolutionUniqueName": nil, "PreviousSolutionFriendlyName": nil, "PreviousPublisherUniqueName": nil, "PreviousPublisherFriendlyName": nil,
		"PreviousIsManaged": false, "PreviousSolutionVersion": nil, "PreviousPatchSolutionsNames": []string{}}
	t := s.tables["solution"]
	if r := t.named("uniquename", file.UniqueName); r != nil {
		earlier["PreviousSolutionUniqueName"], earlier["PreviousSolutionFriendlyName"] = t.val(r, "uniquename"), t.val(r, "friendlyname")
		earlier["PreviousSolutionVersion"], earlier["PreviousIsManaged"] = t.val(r, "version"), t.val(r, "ismanaged") == true
	}
	about := map[string]any{"SolutionUniqueName": file.UniqueName, "SolutionFriendlyName": file.FriendlyName, "SolutionDescription": file.Description, "SolutionVersion": file.Version,
		"PublisherUniqueName": file.Publisher.UniqueName, "PublisherFriendlyName": file.Publisher.FriendlyName,
		"IsPatchSolution": false, "IsManaged": file.Managed, "IsPrerequisitesExport": false, "HasPendingUpgrade": false}
	for name, value := range earlier {
		about[name] = value
	}
	return d.told("StageSolution", "StageSolutionResults", map[string]any{"StageSolutionUploadId": up.id.String(), "StageSolutionStatus": "Passed",
		"SolutionComponentsDetails": details, "SolutionDetails": about, "MissingDependencies": []string{}, "SolutionValidationResults": []string{}})
}

// told answers with one member of any shape.
func (d *definition) told(action, member string, value any) (*response, *failure) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, fail(http.StatusInternalServerError, "0x80040216", "The answer cannot be written.")
	}
	return d.answer(action, append(append(appendString([]byte{','}, member), ':'), text...)), nil
}

// importSolution answers POST ImportSolutionAsync. The import runs before the answer
// (*assumed*: later); its System Job and its result tell what became of it.
func (d *definition) importSolution() (*response, *failure) {
	s := d.sim
	parameters := d.body.Object("SolutionParameters")
	if parameters == nil {
		return nil, notSimulated("ImportSolutionAsync without SolutionParameters.StageSolutionUploadId")
	}
	id, _ := parseGUID(parameters.Text("StageSolutionUploadId"))
	values := map[string]string{}
	for _, p := range d.body.List("ComponentParameters") {
		if name := p.Text("schemaname"); name != "" {
			values[strings.ToLower(name)] = p.Text("value")
		}
	}
	if err := d.body.Err(); err != nil {
		return nil, refusal(err)
	}
	for i, up := range s.uploads {
		if up.id != id {
			continue
		}
		s.uploads = append(s.uploads[:i:i], s.uploads[i+1:]...)
		job := imported{job: newGUID(s.rand), solution: up.file.UniqueName, trouble: s.installs(up.file, values)}
		s.imports = append(s.imports, job)
		operation := s.importJob(job)
		b := appendString([]byte(`,"ImportJobKey":`), job.job.String())
		return d.answer("ImportSolutionAsync", appendString(append(b, `,"AsyncOperationId":`...), operation.String())), nil
	}
	return nil, badArgument("There is no staged solution with the id %s.", id)
}

// installs makes publisher, solution and environment variables, and takes the tables
// that are there into the solution. A table that is not there is trouble: the
// simulator makes tables by definitions only, not from customizations.
func (s *Sim) installs(file solutionfile.Solution, values map[string]string) (trouble string) {
	for _, t := range file.Tables {
		if s.tables[strings.ToLower(t.Name)] == nil {
			return fmt.Sprintf("The simulator makes no tables from a solution file: make %s by definitions first.", t.Name)
		}
	}
	tx := s.begin(s.user)
	tx.silent = true
	p := file.Publisher
	publisher, f := tx.upsertNamed("publisher", "uniquename", p.UniqueName, map[string]any{"friendlyname": p.FriendlyName, "customizationprefix": p.Prefix, "customizationoptionvalueprefix": int64(p.OptionPrefix)})
	if f != nil {
		return f.message
	}
	solution, f := tx.upsertNamed("solution", "uniquename", file.UniqueName, map[string]any{"friendlyname": file.FriendlyName, "version": file.Version, "description": nonEmpty(file.Description),
		"ismanaged": file.Managed, "publisherid": ref{s.tables["publisher"], publisher.id}, "installedon": tx.now})
	if f != nil {
		return f.message
	}
	for _, v := range file.Variables {
		row, f := tx.upsertNamed("environmentvariabledefinition", "schemaname", v.SchemaName, map[string]any{"displayname": v.DisplayName, "type": int64(v.Type), "defaultvalue": nonEmpty(v.Default)})
		if value, given := values[strings.ToLower(v.SchemaName)]; f == nil && given {
			_, f = tx.insert("environmentvariablevalue", map[string]any{"schemaname": v.SchemaName, "value": value, "environmentvariabledefinitionid": ref{s.tables["environmentvariabledefinition"], row.id}})
		}
		if f != nil {
			return f.message
		}
	}
	tx.commit()
	for _, t := range file.Tables {
		s.join(solution, componentTable, s.model.Table(strings.ToLower(t.Name)).ID)
	}
	return ""
}

// upsertNamed makes or changes the row that a unique name means.
func (tx *transaction) upsertNamed(table, column, name string, values map[string]any) (*row, *failure) {
	values[column] = name
	t := tx.sim.tables[table]
	r := t.named(column, name)
	if r == nil {
		return tx.insert(table, values)
	}
	var sets []assignment
	for _, c := range t.shape.cols {
		if v, ok := values[c.name]; ok {
			sets = append(sets, assignment{c, v})
		}
	}
	return tx.update(t, r, sets)
}

// named finds a row by a text that is unique; case does not matter.
func (t *table) named(column, text string) *row {
	for _, at := range t.order {
		if at.row == nil {
			continue
		}
		if have, _ := t.val(at.row, column).(string); strings.EqualFold(have, text) {
			return at.row
		}
	}
	return nil
}

// importJob makes the System Job of an import, which has ended (reference:
// dataverse-api 6.2: operationtype 54).
func (s *Sim) importJob(i imported) guid {
	t := s.tables["asyncoperation"]
	now := momentOf(s.cfg.Now())
	r := &row{id: newGUID(s.rand), seq: s.nextSeq(), version: s.nextVersion(), vals: make([]any, t.shape.usual)}
	put := func(name string, v any) { r.put(t.shape.byName[name], v) }
	put("name", "ImportSolution")
	put("messagename", "ImportSolutionAsync")
	put("operationtype", int64(54))
	put("correlationid", newGUID(s.rand).String())
	put("statecode", int64(3))
	put("statuscode", int64(30))
	for _, at := range []string{"createdon", "startedon", "completedon", "modifiedon"} {
		put(at, now)
	}
	if i.trouble != "" {
		put("statuscode", int64(31))
		put("message", i.trouble)
		put("friendlymessage", i.trouble)
	}
	t.replace(nil, r)
	return r.id
}

// importResult answers GET RetrieveSolutionImportResult(ImportJobId=…).
func importResult(s *Sim, r *request) (*response, *failure) {
	if r.method != http.MethodGet {
		return nil, wrongMethod(r)
	}
	text, f := r.argument("ImportJobId")
	if f != nil {
		return nil, f
	}
	id, _ := parseGUID(strings.Trim(text, "'"))
	defer s.reading(r)()
	for _, i := range s.imports {
		if i.job != id {
			continue
		}
		status, errs := "Passed", []string{}
		if i.trouble != "" {
			status, errs = "Failed", append(errs, i.trouble)
		}
		d := &definition{sim: s, r: r}
		return d.told("RetrieveSolutionImportResult", "SolutionOperationResult", map[string]any{"Type": "Import", "Status": status, "WarningMessages": []string{}, "ErrorMessages": errs,
			"FormattedResults": "<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\"/>", "ActionLink": map[string]any{"Label": nil, "Target": nil}})
	}
	return nil, fail(http.StatusNotFound, "0x80040217", "importjob With Id = %s Does Not Exist", id)
}
