package dataverse

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"
	"time"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/fault"
)

// Define posts a definition and returns its metadata id (section 6.1). path is
// EntityDefinitions, EntityDefinitions(LogicalName='t')/Attributes, …/Keys,
// GlobalOptionSetDefinitions, RelationshipDefinitions or CreateCustomerRelationships;
// body is the JSON of the definition; solution the unmanaged solution to put it in,
// empty for none. One that exists already is a Conflict. While another definition is
// being written, Dataverse is Busy.
func (c *Client) Define(ctx context.Context, path, solution string, body any) (connector.RecordID, error) {
	r := Request{Op: "dataverse.Define", On: path, Method: http.MethodPost, Path: path, Header: solutionHeader(solution), Body: body}
	head, _, _ := strings.Cut(path, "(")
	switch head {
	case "EntityDefinitions", "GlobalOptionSetDefinitions", "RelationshipDefinitions", "CreateCustomerRelationships", "CreatePolymorphicLookupAttribute":
	default:
		return "", notValid(r.Op, "", "the path is not one where definitions are made")
	}
	a, err := c.Send(ctx, r)
	if err != nil {
		return "", err
	}
	return entityID(a.Header), nil
}

// PublishAll makes every change of definitions visible.
func (c *Client) PublishAll(ctx context.Context) error {
	_, err := c.Send(ctx, Request{Op: "dataverse.PublishAll", Method: http.MethodPost, Path: "PublishAllXml", Body: struct{}{}})
	return err
}

// Publish makes the changes of some tables visible.
func (c *Client) Publish(ctx context.Context, tables ...connector.Table) error {
	r := Request{Op: "dataverse.Publish", Method: http.MethodPost, Path: "PublishXml"}
	list := element("entities")
	for _, t := range tables {
		n := element("entity")
		n.Text = string(t)
		list.Add(n)
	}
	text, err := xml.Marshal(element("importexportxml").Add(list))
	if err != nil {
		return notValid(r.Op, "", "a table name cannot be written as XML")
	}
	r.Body = map[string]string{"ParameterXml": string(text)}
	_, err = c.Send(ctx, r)
	return err
}

// Staged is a solution that was uploaded and checked (section 6.2).
type Staged struct {
	UploadID connector.RecordID
	Passed   bool
}

// StageSolution uploads a solution zip and has it checked; nothing is installed.
func (c *Client) StageSolution(ctx context.Context, zip []byte) (Staged, error) {
	r := Request{Op: "dataverse.StageSolution", Method: http.MethodPost, Path: "StageSolution", Body: map[string]string{"CustomizationFile": base64.StdEncoding.EncodeToString(zip)}}
	a, err := c.Send(ctx, r)
	if err != nil {
		return Staged{}, err
	}
	s, err := parseStaged(a.Body)
	if err != nil {
		return Staged{}, garbled(r.Op, "", a.Status, "the verdict on the solution cannot be read")
	}
	return s, nil
}

func parseStaged(body []byte) (Staged, error) {
	var d struct {
		StageSolutionResults *struct{ StageSolutionUploadId, StageSolutionStatus string }
	}
	if err := json.Unmarshal(body, &d); err != nil {
		return Staged{}, err
	}
	if d.StageSolutionResults == nil {
		return Staged{}, errDefinition
	}
	id, err := recordID(d.StageSolutionResults.StageSolutionUploadId)
	s := Staged{id, d.StageSolutionResults.StageSolutionStatus == "Passed"}
	if err == nil && s.Passed && id == "" {
		err = errDefinition
	}
	return s, err
}

// Import is a solution on its way in.
type Import struct{ Job, Operation connector.RecordID }

// ImportSolution installs a staged solution; AsyncDone tells when it has ended. A
// lost answer is Uncertain: it may be running.
func (c *Client) ImportSolution(ctx context.Context, s Staged, variables map[string]string) (Import, error) {
	parameters := []map[string]string{}
	for name, value := range variables {
		parameters = append(parameters, map[string]string{"@odata.type": "Microsoft.Dynamics.CRM.environmentvariablevalue", "schemaname": name, "value": value})
	}
	r := Request{Op: "dataverse.ImportSolution", Method: http.MethodPost, Path: "ImportSolutionAsync", Body: map[string]any{
		"OverwriteUnmanagedCustomizations": false, "PublishWorkflows": true, "ComponentParameters": parameters,
		"SolutionParameters": map[string]any{"StageSolutionUploadId": s.UploadID}}}
	if !s.Passed || s.UploadID == "" {
		return Import{}, notValid(r.Op, "", "the solution did not pass its check; stage it again")
	}
	a, err := c.Send(ctx, r)
	if err != nil {
		return Import{}, err
	}
	i, err := parseImport(a.Body)
	if err != nil {
		return Import{}, garbled(r.Op, "", a.Status, "the import was started, but the answer does not tell its id")
	}
	return i, nil
}

func parseImport(body []byte) (Import, error) {
	var d struct{ ImportJobKey, AsyncOperationId string }
	if err := json.Unmarshal(body, &d); err != nil {
		return Import{}, err
	}
	job, err := recordID(d.ImportJobKey)
	if err != nil {
		return Import{}, err
	}
	op, err := recordID(d.AsyncOperationId)
	if err == nil && (op == "" || job == "") {
		err = errDefinition
	}
	return Import{job, op}, err
}

// AsyncOperation is a system job (section 1.3).
type AsyncOperation struct {
	Done      bool
	Succeeded bool
	Status    int // 30 succeeded, 31 failed, 32 cancelled
	Completed time.Time
}

var asyncTable = tableOf("asyncoperation", "asyncoperations", "asyncoperationid")

// AsyncOperation reads how far a system job is.
func (c *Client) AsyncOperation(ctx context.Context, id connector.RecordID) (AsyncOperation, error) {
	row, err := c.Get(ctx, asyncTable, id, "statecode", "statuscode", "completedon")
	if err != nil {
		return AsyncOperation{}, err
	}
	return asyncOperation(row)
}

func asyncOperation(row Row) (AsyncOperation, error) {
	state, ok := row.Int("statecode")
	status, known := row.Int("statuscode")
	if !ok || !known {
		return AsyncOperation{}, garbled("dataverse.AsyncOperation", string(row.ID), 0, "the system job does not tell its state")
	}
	a := AsyncOperation{Done: state == 3, Succeeded: state == 3 && status == 30, Status: status}
	a.Completed, _ = row.Time("completedon")
	return a, nil
}

// ImportResult asks for the verdict on an import that has ended: nil when it passed,
// else NotValid.
func (c *Client) ImportResult(ctx context.Context, job connector.RecordID) error {
	r := Request{Op: "dataverse.ImportResult", On: string(job), Method: http.MethodGet, Path: "RetrieveSolutionImportResult(ImportJobId=" + string(job) + ")"}
	if !plainGUID(string(job)) {
		return notValid(r.Op, "", "the import job has no id")
	}
	a, err := c.Send(ctx, r)
	if err != nil {
		return err
	}
	passed, err := parseImportResult(a.Body)
	switch {
	case err != nil:
		return garbled(r.Op, r.On, a.Status, "the result of the import cannot be read")
	case !passed:
		return &fault.Error{Op: r.Op, On: r.On, Kind: fault.NotValid, Says: "Dataverse did not import the solution; see the solution history of the environment"}
	}
	return nil
}

func parseImportResult(body []byte) (passed bool, err error) {
	var d struct {
		SolutionOperationResult *struct{ Status string }
	}
	if err := json.Unmarshal(body, &d); err != nil {
		return false, err
	}
	if d.SolutionOperationResult == nil || d.SolutionOperationResult.Status == "" {
		return false, errDefinition
	}
	return d.SolutionOperationResult.Status == "Passed", nil
}
