package dataversesim

import (
	"encoding/json"
	"io/fs"
	"os"
	"strings"
	"testing"
)

// Whoever assumes something in the code says so in the table, and each line of
// the table names a file that is there.
func TestEveryAssumptionIsTold(t *testing.T) {
	told := map[string]bool{}
	for _, a := range settled {
		told[a.where] = true
		if _, err := os.Stat(a.where); err != nil {
			t.Errorf("%s rests on %s, which is not there", a.name, a.where)
		}
		if a.source == "" || a.says == "" || a.value == nil {
			t.Errorf("%+v", a)
		}
	}
	seen := 0
	err := fs.WalkDir(os.DirFS("."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "assumptions") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.Contains(strings.ToLower(string(text)), "*assumed") {
			if seen++; !told[path] {
				t.Errorf("%s assumes something that the table does not tell", path)
			}
		}
		return nil
	})
	if err != nil || seen == 0 {
		t.Fatal(err, seen)
	}
}

func TestAssumptionsAreShownAndChanged(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	show := func(r reply) map[string]told {
		t.Helper()
		var list []told
		if err := json.Unmarshal([]byte(r.body), &list); err != nil {
			t.Fatal(err)
		}
		out := map[string]told{}
		for _, a := range list {
			if _, twice := out[a.Name]; twice {
				t.Error(a.Name, "is there twice")
			}
			out[a.Name] = a
		}
		return out
	}
	all := show(o.must(200, "GET", "/control/assumptions", ""))
	if len(all) != len(about)+len(settled) || all["missing_pair"].Value != "nothing" || !all["code_platform"].Fixed || all["missing_pair"].Fixed {
		t.Errorf("%d: %+v", len(all), all)
	}
	for name := range DefaultAssumptions().values() {
		if _, ok := all[name]; !ok {
			t.Error(name, "is not told")
		}
	}
	for _, bad := range []string{`{"missing_pair":"perhaps"}`, `{"nonsense":1}`, `{"key_index_seconds":-1}`, `{"codes":{"0x1":"0x80040203"}}`, `{"code_platform":"x"}`, `[]`} {
		o.must(400, "PUT", "/control/assumptions", bad)
	}
	// Each switch does something.
	o.must(204, "PATCH", "contacts("+ann+")", `{"lastname":"Bee"}`)
	o.must(204, "PATCH", "lists("+bob+")", `{"listname":"L","createdfromcode":2}`)
	apart := "lists(" + bob + ")/listcontact_association(" + ann + ")/$ref"
	o.must(204, "DELETE", apart, "")
	o.must(200, "PUT", "/control/assumptions", `{"missing_pair":"404","codes":{"0x80040217":"0x80040216"},"elastic_bulk":"nothing","entitlement_counts_items":false,"entitlement_per_day":3}`)
	if r := o.call("DELETE", apart, ""); r.status != 404 || r.code() != "0x80040216" {
		t.Error(r.status, r.body)
	}
	o.must(204, "PUT", "/control/tables/account", `{"tracked":true,"elastic":true}`)
	bulk := `{"Targets":[{"@odata.type":"Microsoft.Dynamics.CRM.account","name":"good"},{"@odata.type":"Microsoft.Dynamics.CRM.account","statecode":9}]}`
	o.must(400, "POST", "accounts/Microsoft.Dynamics.CRM.CreateMultiple", bulk)
	if n := o.must(200, "GET", "accounts/$count", "").body; strings.TrimPrefix(n, "\ufeff") != "0" {
		t.Error(n, "accounts")
	}
	if e := o.report().Entitlement; !e.Over || e.Allowed != 3 {
		t.Errorf("%+v", e)
	}
	all = show(o.must(200, "DELETE", "/control/assumptions", ""))
	if all["missing_pair"].Value != "nothing" {
		t.Error(all["missing_pair"])
	}
	o.must(400, "POST", "accounts/Microsoft.Dynamics.CRM.CreateMultiple", bulk)
	if n := o.must(200, "GET", "accounts/$count", "").body; strings.TrimPrefix(n, "\ufeff") != "1" {
		t.Error(n, "accounts")
	}
}
