package operations

import (
	"testing"

	connector "github.com/spotler-connector/connector"
)

// Every operation of the table is run by something, and nothing else is.
func TestRegistry(t *testing.T) {
	all := registry()
	for _, spec := range connector.Operations {
		if spec.Operation == connector.SyncContact {
			if all[spec.Operation] != nil {
				t.Error("Sync Contact runs for many people at once and must not be in the registry")
			}
			continue
		}
		if all[spec.Operation] == nil {
			t.Errorf("%s (%d) is in the table but nothing runs it", spec.Label, spec.Operation)
		}
	}
	if len(all) != len(connector.Operations)-1 {
		t.Errorf("%d operations run, %d are in the table", len(all), len(connector.Operations)-1)
	}
}

func FuzzArguments(f *testing.F) {
	f.Add([]byte(`{"job":{"ID":"6f0c1d9e-0000-4000-8000-000000000001","Operation":480000008}}`))
	f.Add([]byte(`{"resolve":{"Table":"dh_spotlerjob","ID":"x"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := DecodeArguments(text)
		if err != nil {
			return
		}
		again, err := a.Encode()
		if err != nil {
			t.Fatal(err)
		}
		b, err := DecodeArguments(again)
		if err != nil || a != b {
			t.Errorf("%+v became %+v (%v)", a, b, err)
		}
	})
}
