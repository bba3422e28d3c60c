package dataversesim

import (
	"encoding/xml"
	"net/http"
	"strings"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/metadata"
)

// definitionAction is an action of the metadata service; nil when there is none.
func definitionAction(name string) func(*Sim, *request) (*response, *failure) {
	var do func(*definition) (*response, *failure)
	switch name {
	case "InsertOptionValue", "InsertStatusValue":
		do = func(d *definition) (*response, *failure) { return d.insertOption(name) }
	case "UpdateOptionValue":
		do = func(d *definition) (*response, *failure) { return d.changed(d.sim.model.UpdateOption(d.body)) }
	case "DeleteOptionValue":
		do = func(d *definition) (*response, *failure) { return d.changed(d.sim.model.DeleteOption(d.body)) }
	case "OrderOption":
		do = func(d *definition) (*response, *failure) { return d.changed(d.sim.model.OrderOptions(d.body)) }
	case "CreateCustomerRelationships", "CreatePolymorphicLookupAttribute":
		do = func(d *definition) (*response, *failure) { return d.makeLookup(name) }
	case "PublishAllXml":
		do = (*definition).publishAll
	case "PublishXml":
		do = (*definition).publish
	case "AddSolutionComponent":
		do = (*definition).addComponent
	case "RemoveSolutionComponent":
		do = (*definition).removeComponent
	case "StageSolution":
		do = (*definition).stageSolution
	case "ImportSolutionAsync":
		do = (*definition).importSolution
	case "ReactivateEntityKey":
		do = (*definition).reactivateKey
	case "InitializeFileBlocksUpload", "UploadBlock", "CommitFileBlocksUpload", "InitializeFileBlocksDownload", "DownloadBlock":
		return func(*Sim, *request) (*response, *failure) {
			return nil, notSimulated("The upload and download of files")
		}
	default:
		return nil
	}
	return func(s *Sim, r *request) (*response, *failure) { return s.defineBy(r, do) }
}

// defineBy carries an action out under the write lock.
func (s *Sim) defineBy(r *request, do func(*definition) (*response, *failure)) (*response, *failure) {
	if r.method != http.MethodPost {
		return nil, wrongMethod(r)
	}
	if r.tx != nil {
		return nil, notSimulated("A change of a definition in a change set")
	}
	if len(r.body) == 0 {
		r.body = []byte("{}")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d := &definition{sim: s, r: r}
	if f := d.open(""); f != nil {
		return nil, f
	}
	if name := d.body.Text("SolutionUniqueName"); name != "" {
		var f *failure
		if d.solution, d.origin, f = s.solutionNamed(name); f != nil {
			return nil, f
		}
	}
	return do(d)
}

// changed answers an action that returns nothing.
func (d *definition) changed(m *metadata.Model, err error) (*response, *failure) {
	if err != nil {
		return nil, refusal(err)
	}
	d.settle(m)
	return &response{status: noContent}, nil
}

// answer writes the return type of an action.
func (d *definition) answer(name string, members []byte) *response {
	b := appendString([]byte(`{"@odata.context":`), d.r.base+"$metadata#Microsoft.Dynamics.CRM."+name+"Response")
	b = append(append(b, members...), '}')
	return &response{status: http.StatusOK, body: b, contentType: jsonMinimal}
}

func (d *definition) insertOption(name string) (*response, *failure) {
	m, value, err := d.sim.model.InsertOption(d.body, name == "InsertStatusValue", d.origin)
	if err != nil {
		return nil, refusal(err)
	}
	d.settle(m)
	return d.answer(name, appendInt([]byte(`,"NewOptionValue":`), value)), nil
}

// makeLookup makes a lookup to several tables.
func (d *definition) makeLookup(name string) (*response, *failure) {
	s := d.sim
	m, c, made, err := s.model.MakeLookup(d.body, name == "CreateCustomerRelationships", d.origin)
	if err != nil {
		return nil, refusal(err)
	}
	d.settle(m)
	s.join(d.solution, componentColumn, c.ID)
	b := []byte(`,"RelationshipIds":[`)
	for i, r := range made {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, r.ID)
		s.join(d.solution, componentRelationship, r.ID)
	}
	return d.answer(name, appendString(append(b, `],"AttributeId":`...), c.ID)), nil
}

func (d *definition) publishAll() (*response, *failure) {
	d.sim.adopt(d.sim.model.Publish(true, nil, nil))
	return &response{status: noContent}, nil
}

// publication is what PublishXml names (reference: dataverse-api 6.1).
type publication struct {
	XMLName  xml.Name `xml:"importexportxml"`
	Entities []string `xml:"entities>entity"`
	Choices  []string `xml:"optionsets>optionset"`
}

func (d *definition) publish() (*response, *failure) {
	var p publication
	if err := xml.Unmarshal([]byte(d.body.Text("ParameterXml")), &p); err != nil {
		return nil, badArgument("The ParameterXml cannot be read: it must be an importexportxml.")
	}
	for i, name := range p.Entities {
		p.Entities[i] = strings.ToLower(strings.TrimSpace(name))
		if d.sim.model.Table(p.Entities[i]) == nil {
			return nil, missingDefinition("EntityMetadata", name)
		}
	}
	for i, name := range p.Choices {
		c := d.sim.model.Choice(strings.TrimSpace(name))
		if c == nil {
			return nil, missingDefinition("OptionSetMetadataBase", name)
		}
		p.Choices[i] = c.Name
	}
	d.sim.adopt(d.sim.model.Publish(false, p.Entities, p.Choices))
	return &response{status: noContent}, nil
}

// addComponent answers AddSolutionComponent.
func (d *definition) addComponent() (*response, *failure) {
	id, ok := parseGUID(d.body.Text("ComponentId"))
	if !ok || d.solution == nil {
		return nil, badArgument("AddSolutionComponent needs a ComponentId and a SolutionUniqueName.")
	}
	kind := int64(d.body.Whole("ComponentType", 0))
	if err := d.body.Err(); err != nil {
		return nil, refusal(err)
	}
	if kind <= 0 || !d.sim.isComponent(kind, id) {
		return nil, fail(http.StatusNotFound, "0x80040217", "There is no component of the type %d with Id = %s.", kind, id)
	}
	d.sim.join(d.solution, kind, id.String())
	found := d.sim.member(d.solution.id, id.String())
	return d.answer("AddSolutionComponent", appendString([]byte(`,"id":`), found.id.String())), nil
}

// isComponent tells whether there is such a definition; other kinds of
// components are not checked.
func (s *Sim) isComponent(kind int64, id guid) bool {
	switch kind {
	case componentTable:
		return s.model.TableOf(id.String()) != nil
	case componentChoice:
		return s.model.ChoiceOf(id.String()) != nil
	case componentRelationship:
		return s.model.RelationshipOf(id.String()) != nil
	case componentColumn:
		for _, t := range s.model.Tables() {
			if t.ColumnOf(id.String()) != nil {
				return true
			}
		}
		return false
	case componentKey:
		for _, t := range s.model.Tables() {
			if t.KeyOf(id.String()) != nil {
				return true
			}
		}
		return false
	}
	return true
}

// removeComponent answers RemoveSolutionComponent.
func (d *definition) removeComponent() (*response, *failure) {
	in := d.body.Object("SolutionComponent")
	if in == nil || d.solution == nil {
		return nil, badArgument("RemoveSolutionComponent needs a SolutionComponent and a SolutionUniqueName.")
	}
	id, _ := parseGUID(in.Text("solutioncomponentid"))
	s := d.sim
	t := s.tables["solutioncomponent"]
	found := s.member(d.solution.id, id.String()) // the platform takes the object's id here, too (*assumed*)
	if found == nil {
		found = t.find(id)
	}
	if found == nil {
		return nil, missingRow(t, id)
	}
	tx := s.begin(s.user)
	tx.silent = true
	tx.remove(t, found)
	tx.commit()
	return d.answer("RemoveSolutionComponent", appendString([]byte(`,"id":`), found.id.String())), nil
}

// reactivateKey answers ReactivateEntityKey: the index is made once more.
func (d *definition) reactivateKey() (*response, *failure) {
	s := d.sim
	t := s.model.Table(d.body.Text("EntityLogicalName"))
	if t == nil {
		return nil, missingDefinition("EntityMetadata", d.body.Text("EntityLogicalName"))
	}
	k := t.KeyOf(d.body.Text("EntityKeyLogicalName"))
	if k == nil {
		return nil, missingDefinition("EntityKeyMetadata", d.body.Text("EntityKeyLogicalName"))
	}
	if k.Status != metadata.KeyFailed {
		return nil, badArgument("The key %s has not failed: only a failed key is activated again.", k.Schema)
	}
	s.adopt(s.model.WithKeyStatus(t.Name, k.Name, metadata.KeyPending))
	s.indexLater(t.Name, k.Name)
	return &response{status: noContent}, nil
}
