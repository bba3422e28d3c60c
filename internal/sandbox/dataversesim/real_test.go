package dataversesim

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// shapeOfJSON describes a body by its members and types, without its values:
// attribute keys differ between tables and are left out.
func shapeOfJSON(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			if k == "key" || k == "value" {
				continue
			}
			out[k] = shapeOfJSON(x)
		}
		return out
	case []any:
		return "array"
	case nil:
		return "any"
	}
	return reflect.TypeOf(v).String()
}

// Bodies must be built like those that real organisations sent.
func TestBodiesLikeReal(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "..", "shared", "fixtures", "webhook-bodies")
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the recorded bodies are absent")
		}
		t.Skip("the recorded bodies are absent")
	}
	o, hook := newOrg(t, Config{Seed: 1, Workers: 1}), newReceiver(t)
	o.register(hook.URL, "Create", "contact", "")
	step := o.register(hook.URL, "Update", "contact", "")
	o.must(204, "POST", "sdkmessageprocessingstepimages", `{"name":"Image","entityalias":"Image","imagetype":2,"messagepropertyname":"Target","sdkmessageprocessingstepid@odata.bind":"/sdkmessageprocessingsteps(`+step+`)"}`)
	send := func() (create, update map[string]any) {
		o.must(204, "POST", "contacts", `{"contactid":"`+ann+`","lastname":"Bee","birthdate":"1980-05-17"}`)
		o.must(204, "PATCH", "contacts("+ann+")", `{"firstname":"Ann"}`)
		o.must(204, "DELETE", "contacts("+ann+")", "")
		o.flush()
		calls := hook.take()
		for i, into := range []*map[string]any{&create, &update} {
			if err := json.Unmarshal([]byte(calls[i].body), into); err != nil {
				t.Fatal(err)
			}
		}
		return create, update
	}
	newerCreate, _ := send()
	o.must(200, "PUT", "/control/events", `{"classic":true}`)
	_, classicUpdate := send()
	compareBodies(t, filepath.Join(dir, "create-all-column-types-a.json"), newerCreate)
	compareBodies(t, filepath.Join(dir, "update-contact.json"), classicUpdate)
}

func compareBodies(t *testing.T, file string, ours map[string]any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var real map[string]any
	if err := json.Unmarshal(text, &real); err != nil {
		t.Fatal(err)
	}
	compareShapes(t, filepath.Base(file), shapeOfJSON(real), shapeOfJSON(ours))
	for _, where := range []string{"", "ParentContext"} {
		a, b := real, ours
		if where != "" {
			a, b = real[where].(map[string]any), ours[where].(map[string]any)
		}
		compareShapes(t, filepath.Base(file)+" Target in "+where, shapeOfJSON(targetOf(a)), shapeOfJSON(targetOf(b)))
	}
	image := func(body map[string]any) any {
		images := body["PostEntityImages"].([]any)
		return images[len(images)-1].(map[string]any)["value"]
	}
	compareShapes(t, filepath.Base(file)+" image", shapeOfJSON(image(real)), shapeOfJSON(image(ours)))
	a, b := typesOf(targetOf(real)), typesOf(targetOf(ours))
	for kind := range b {
		if a[kind] != nil {
			compareShapes(t, filepath.Base(file)+" "+kind, a[kind], b[kind])
		}
	}
}

func targetOf(body map[string]any) map[string]any {
	return body["InputParameters"].([]any)[0].(map[string]any)["value"].(map[string]any)
}

// typesOf gives the shape of one value of each __type among the attributes.
func typesOf(entity map[string]any) map[string]any {
	out := map[string]any{}
	for _, a := range entity["Attributes"].([]any) {
		if v, ok := a.(map[string]any)["value"].(map[string]any); ok {
			kind, _, _ := strings.Cut(v["__type"].(string), ":")
			out[kind] = shapeOfJSON(v)
		}
	}
	return out
}

// compareShapes reports members that one side has and the other has not, and
// types that differ; null fits everything.
func compareShapes(t *testing.T, where string, real, ours any) {
	t.Helper()
	a, okA := real.(map[string]any)
	b, okB := ours.(map[string]any)
	if okA != okB {
		if real != "any" && ours != "any" {
			t.Errorf("%s: %v, want %v", where, ours, real)
		}
		return
	}
	if !okA {
		if real != ours && real != "any" && ours != "any" {
			t.Errorf("%s: %v, want %v", where, ours, real)
		}
		return
	}
	for k := range a {
		if _, ok := b[k]; !ok {
			t.Errorf("%s: %s is missing", where, k)
			continue
		}
		compareShapes(t, where+"."+k, a[k], b[k])
	}
	for k := range b {
		if _, ok := a[k]; !ok {
			t.Errorf("%s: %s is not in the real one", where, k)
		}
	}
}
