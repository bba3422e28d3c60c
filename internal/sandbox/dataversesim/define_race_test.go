package dataversesim

import (
	"fmt"
	"sync"
	"testing"
)

// Definitions change while others read and write rows; the race detector looks on.
func TestDefinitionsChangeUnderLoad(t *testing.T) {
	o := newOrg(t, Config{Seed: 1})
	o.must(204, "PATCH", "contacts("+ann+")", `{"lastname":"Bee"}`)
	o.must(204, "POST", "EntityDefinitions", visitTable(""))
	stop := make(chan struct{})
	var busy sync.WaitGroup
	for i, work := range []func(n int){
		func(n int) { o.must(204, "PATCH", "contacts("+ann+")", fmt.Sprintf(`{"jobtitle":"%d"}`, n)) },
		func(int) { o.must(200, "GET", "contacts?$select=lastname&$expand=owninguser($select=fullname)", "") },
		func(n int) { o.must(204, "POST", "new_visits", fmt.Sprintf(`{"new_name":"%d"}`, n)) },
		func(int) { o.must(200, "GET", "$metadata", "") },
		func(int) {
			o.must(200, "GET", "contacts?fetchXml=%3Cfetch%3E%3Centity%20name='contact'/%3E%3C/fetch%3E", "")
		},
		func(int) {
			o.must(200, "GET", "EntityDefinitions(LogicalName='contact')/Attributes?$select=LogicalName", "")
		},
		func(int) {
			o.must(200, "GET", "contacts("+ann+")?$select=lastname", "", "Prefer", `odata.include-annotations="*"`)
		},
	} {
		busy.Go(func() {
			for n := i * 1000; ; n++ {
				select {
				case <-stop:
					return
				default:
					work(n)
				}
			}
		})
	}
	for i := range 15 {
		c := fmt.Sprintf("new_C%d", i)
		o.must(204, "POST", "EntityDefinitions(LogicalName='contact')/Attributes", attribute("Integer", c, ""))
		o.must(204, "POST", visitColumns, attribute("Money", c, ""))
		o.must(204, "POST", "RelationshipDefinitions", oneToMany(fmt.Sprintf("new_r%d", i), "contact", fmt.Sprintf("new_L%d", i)))
		o.must(204, "POST", "PublishAllXml", "")
		o.must(204, "DELETE", fmt.Sprintf("RelationshipDefinitions(SchemaName='new_r%d')", i), "")
		o.must(204, "DELETE", "EntityDefinitions(LogicalName='contact')/Attributes(LogicalName='"+fmt.Sprintf("new_c%d", i)+"')", "")
	}
	close(stop)
	busy.Wait()
}
