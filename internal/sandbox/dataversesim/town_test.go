package dataversesim

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// town is an organisation on a Wednesday: four firms of which two belong to
// others, twelve contacts, three leads, lists of both, tasks and permissions.
func town(t *testing.T) *org {
	noon := time.Date(2026, 5, 13, 12, 0, 0, 0, time.UTC)
	o := newOrg(t, Config{Seed: 1, Now: func() time.Time { return noon }})
	seed := func(set string, rows ...string) {
		t.Helper()
		o.must(200, "POST", "/control/rows/"+set, "["+strings.Join(rows, ",")+"]")
	}
	seed("accounts",
		`{"accountid":"`+firm(0)+`","name":"Acme","revenue":1000.5,"numberofemployees":10,"industrycode":1}`,
		`{"accountid":"`+firm(1)+`","name":"Bolt","revenue":500,"numberofemployees":20,"industrycode":1,"_parentaccountid_value":"`+firm(0)+`"}`,
		`{"accountid":"`+firm(2)+`","name":"Core","numberofemployees":30,"industrycode":7,"_parentaccountid_value":"`+firm(1)+`"}`,
		`{"accountid":"`+firm(3)+`","name":"Dune","revenue":250.25}`)
	o.must(204, "POST", "EntityDefinitions(LogicalName='contact')/Attributes", attribute("MultiSelectPicklist", "new_Tags",
		`"OptionSet":{"Options":[{"Value":1,"Label":`+labelled("Red")+`},{"Value":22,"Label":`+labelled("Blue")+`},{"Value":2,"Label":`+labelled("Green")+`}]}`))
	o.must(204, "POST", "EntityDefinitions(LogicalName='contact')/Attributes", attribute("Double", "new_Weight", ""))
	daysAgo := []int{0, 1, 2, 6, 8, 20, 35, 70, 100, 200, 400, 800}
	var people []string
	for i, ago := range daysAgo {
		at := noon.AddDate(0, 0, -ago).Add(-time.Hour).Format(time.RFC3339)
		row := fmt.Sprintf(`{"contactid":"%s","lastname":"N%02d","dh_engagementscore":%d,"birthdate":"19%d0-01-%02d","donotemail":%v,"createdon":"%s","modifiedon":"%s"`, numbered(i), i, i%5, 6+i%4, i+1, i%2 == 0, at, at)
		if i < 7 {
			row += `,"_parentcustomerid_value":"` + firm(i%3) + `","_parentcustomerid_value@Microsoft.Dynamics.CRM.lookuplogicalname":"account"`
		}
		if i == 7 {
			row += `,"_parentcustomerid_value":"` + numbered(0) + `","_parentcustomerid_value@Microsoft.Dynamics.CRM.lookuplogicalname":"contact","annualincome":10.5`
		}
		if i%4 > 0 {
			row += fmt.Sprintf(`,"new_tags":%q,"new_weight":%d.5`, []string{"", "1,22", "2", "22,2"}[i%4], i)
		}
		if i%3 == 0 {
			row += fmt.Sprintf(`,"jobtitle":"Chief %c","emailaddress1":"N%d@Example.org","annualincome":%d.25`, 'A'+i, i, i*1000)
		}
		people = append(people, row+"}")
	}
	seed("contacts", people...)
	o.must(204, "PATCH", "contacts("+numbered(11)+")", `{"statecode":1}`)
	me, _ := o.must(200, "GET", "WhoAmI", "").json(t)["UserId"].(string)
	o.must(204, "PATCH", "contacts("+numbered(6)+")", `{"ownerid@odata.bind":"/systemusers(`+me+`)"}`)
	o.must(204, "PATCH", "accounts("+firm(0)+")", `{"primarycontactid@odata.bind":"/contacts(`+numbered(3)+`)"}`)
	seed("leads", `{"leadid":"`+numbered(20)+`","subject":"S","lastname":"L1","estimatedamount":7}`, `{"leadid":"`+numbered(21)+`","subject":"T","lastname":"L2","estimatedamount":8}`,
		`{"leadid":"`+numbered(22)+`","subject":"T","lastname":"L3","_parentcontactid_value":"`+numbered(1)+`"}`)
	seed("lists", `{"listid":"`+firm(10)+`","listname":"News","createdfromcode":2}`, `{"listid":"`+firm(11)+`","listname":"Offers","createdfromcode":2}`, `{"listid":"`+firm(12)+`","listname":"Leads","createdfromcode":4}`)
	for _, m := range [][2]string{{firm(10), numbered(1)}, {firm(10), numbered(2)}, {firm(10), numbered(3)}, {firm(11), numbered(2)}, {firm(11), numbered(9)}, {firm(12), numbered(20)}} {
		o.must(200, "POST", "lists("+m[0]+")/Microsoft.Dynamics.CRM.AddMemberList", `{"EntityId":"`+m[1]+`"}`)
	}
	for i, n := range []int{1, 1, 4} {
		o.must(204, "PATCH", "tasks("+numbered(30+i)+")", fmt.Sprintf(`{"subject":"Task %d","regardingobjectid_contact_task@odata.bind":"/contacts(%s)"}`, i, numbered(n)))
		o.must(204, "PATCH", "dh_spotlerpermissions("+numbered(40+i)+")", fmt.Sprintf(`{"dh_name":"P%d","dh_subscribed":%v,"dh_Customer_contact@odata.bind":"/contacts(%s)"}`, i, i > 0, numbered(n)))
	}
	o.must(204, "PATCH", "tasks("+numbered(33)+")", `{"subject":"Task 3","regardingobjectid_account_task@odata.bind":"/accounts(`+firm(1)+`)"}`)
	return o
}

func firm(i int) string { return fmt.Sprintf("f0000000-0000-4000-8000-%012d", i) }
