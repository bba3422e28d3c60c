package dataversesim

import (
	"fmt"
	"strings"
)

// pair is one question, as the options of an OData address and as what a
// FetchXML entity has inside; "distinct" in front of it is for the fetch.
type pair struct{ set, odata, fetch string }

func none(column, op string) string {
	return `<condition attribute="` + column + `" operator="` + op + `"/>`
}

func among(column, op string, given ...string) string {
	return `<condition attribute="` + column + `" operator="` + op + `"><value>` + strings.Join(given, "</value><value>") + `</value></condition>`
}

func where(conditions ...string) string {
	return "<filter>" + strings.Join(conditions, "") + "</filter>"
}

func either(conditions ...string) string {
	return `<filter type="or">` + strings.Join(conditions, "") + "</filter>"
}

func joins(name, from, to, more string, inside ...string) string {
	return `<link-entity name="` + name + `" from="` + from + `" to="` + to + `" ` + more + `>` + strings.Join(inside, "") + "</link-entity>"
}

func order(column string, down bool) string {
	return fmt.Sprintf(`<order attribute="%s" descending="%v"/>`, column, down)
}

const crm = "Microsoft.Dynamics.CRM."

// comparing are pairs about the values of one row.
var comparing = []pair{
	{"contacts", "$filter=dh_engagementscore eq 3", where(cond("dh_engagementscore", "eq", "3"))},
	{"contacts", "$filter=3 lt dh_engagementscore", where(cond("dh_engagementscore", "gt", "3"))},
	{"contacts", "$filter=dh_engagementscore ne 3 and dh_engagementscore le 2", where(cond("dh_engagementscore", "ne", "3"), cond("dh_engagementscore", "le", "2"))},
	{"contacts", "$filter=lastname eq 'n03' or lastname eq 'N04'", either(cond("lastname", "eq", "N03"), cond("lastname", "eq", "n04"))},
	{"contacts", "$filter=(dh_engagementscore eq 1 or dh_engagementscore eq 2) and donotemail eq true", where(either(cond("dh_engagementscore", "eq", "1"), cond("dh_engagementscore", "eq", "2")), cond("donotemail", "eq", "true"))},
	{"contacts", "$filter=not (dh_engagementscore eq 1 or donotemail eq true)", where(cond("dh_engagementscore", "ne", "1"), cond("donotemail", "ne", "1"))},
	{"contacts", "$filter=jobtitle eq null and not contains(lastname,'1')", where(none("jobtitle", "null"), cond("lastname", "not-like", "%1%"))},
	{"contacts", "$filter=jobtitle ne null", where(none("jobtitle", "not-null"))},
	{"contacts", "$filter=jobtitle ne 'chief d'", where(cond("jobtitle", "ne", "Chief D"))},
	{"contacts", "$filter=startswith(jobtitle,'chief') and endswith(jobtitle,'G')", where(cond("jobtitle", "like", "CHIEF%"), cond("jobtitle", "ends-with", "g"))},
	{"contacts", "$filter=contains(emailaddress1,'@example.ORG')", where(cond("emailaddress1", "like", "%@example.org"))},
	{"contacts", "$filter=not startswith(jobtitle,'Chief')", where(cond("jobtitle", "not-begin-with", "chief"))},
	{"contacts", "$filter=contains(lastname,'_0[2-4]') or startswith(jobtitle,'%25J')", either(cond("lastname", "like", "%_0[2-4]%"), cond("jobtitle", "begins-with", "%j"))},
	{"contacts", "$filter=annualincome gt 3000 and annualincome lt 9000.25", where(cond("annualincome", "gt", "3000"), cond("annualincome", "lt", "9000.25"))},
	{"contacts", "$filter=birthdate lt 1970-01-01", where(cond("birthdate", "lt", "1970-01-01"))},
	{"contacts", "$filter=createdon ge 2026-05-07T11:00:00Z", where(cond("createdon", "ge", "2026-05-07T11:00:00Z"))},
	{"contacts", "$filter=createdon ge 2026-05-07T13:00:00%2B02:00", where(cond("createdon", "ge", "2026-05-07 11:00:00"))},
	{"contacts", "$filter=statecode eq 1", where(cond("statecode", "eq", "1"))},
	{"contacts", "$filter=contactid eq " + numbered(4) + " or contactid eq '" + numbered(2) + "'", where(among("contactid", "in", numbered(2), "{"+strings.ToUpper(numbered(4))+"}"))},
	{"contacts", "$filter=_parentcustomerid_value eq " + firm(1), where(cond("parentcustomerid", "eq", firm(1)))},
	{"contacts", "$filter=_parentcustomerid_value eq null", where(none("parentcustomerid", "null"))},
	{"contacts", "$filter=createdon eq modifiedon", where(`<condition attribute="createdon" operator="eq" valueof="modifiedon"/>`)},
	{"contacts", "$filter=createdon lt modifiedon", where(`<condition attribute="createdon" operator="lt" valueof="modifiedon"/>`)},
	{"leads", "$filter=subject eq 't' and estimatedamount ne null", where(cond("subject", "eq", "T"), none("estimatedamount", "not-null"))},
	{"accounts", "$filter=revenue ge 500", where(cond("revenue", "ge", "500"))},
	{"accounts", "$filter=industrycode ne 1", where(cond("industrycode", "neq", "1"))},
	{"lists", "$filter=createdfromcode eq 2 and membercount gt 2", where(cond("createdfromcode", "eq", "2"), cond("membercount", "gt", "2"))},
}

// calling are pairs about the query functions.
var calling = []pair{
	{"contacts", "$filter=" + crm + "In(PropertyName='dh_engagementscore',PropertyValues=['1','4'])", where(among("dh_engagementscore", "in", "1", "4"))},
	{"contacts", "$filter=" + crm + "NotIn(PropertyName='lastname',PropertyValues=['n01','N04'])", where(among("lastname", "not-in", "N01", "n04"))},
	{"contacts", "$filter=" + crm + "In(PropertyName='parentcustomerid',PropertyValues=['" + firm(1) + "','" + firm(2) + "'])", where(among("parentcustomerid", "in", firm(2), firm(1)))},
	{"contacts", "$filter=" + crm + "Between(PropertyName='dh_engagementscore',PropertyValues=['1','3'])", where(among("dh_engagementscore", "between", "1", "3"))},
	{"contacts", "$filter=" + crm + "NotBetween(PropertyName='dh_engagementscore',PropertyValues=['1','3'])", where(among("dh_engagementscore", "not-between", "1", "3"))},
	{"contacts", "$filter=" + crm + "LastXDays(PropertyName='modifiedon',PropertyValue=7)", where(cond("modifiedon", "last-x-days", "7"))},
	{"contacts", "$filter=" + crm + "Last7Days(PropertyName='createdon')", where(none("createdon", "last-seven-days"))},
	{"contacts", "$filter=" + crm + "LastXHours(PropertyName='createdon',PropertyValue=26)", where(cond("createdon", "last-x-hours", "26"))},
	{"contacts", "$filter=" + crm + "LastXMonths(PropertyName='createdon',PropertyValue=3)", where(cond("createdon", "last-x-months", "3"))},
	{"contacts", "$filter=" + crm + "OlderThanXMonths(PropertyName='createdon',PropertyValue=6)", where(cond("createdon", "olderthan-x-months", "6"))},
	{"contacts", "$filter=" + crm + "OlderThanXHours(PropertyName='createdon',PropertyValue=48)", where(cond("createdon", "olderthan-x-hours", "48"))},
	{"contacts", "$filter=" + crm + "Today(PropertyName='createdon') or " + crm + "Yesterday(PropertyName='createdon')", either(none("createdon", "today"), none("createdon", "yesterday"))},
	{"contacts", "$filter=" + crm + "ThisWeek(PropertyName='createdon')", where(none("createdon", "this-week"))},
	{"contacts", "$filter=" + crm + "LastWeek(PropertyName='createdon')", where(none("createdon", "last-week"))},
	{"contacts", "$filter=" + crm + "ThisMonth(PropertyName='createdon')", where(none("createdon", "this-month"))},
	{"contacts", "$filter=" + crm + "LastYear(PropertyName='createdon')", where(none("createdon", "last-year"))},
	{"contacts", "$filter=" + crm + "InFiscalPeriodAndYear(PropertyName='createdon',PropertyValue1=1,PropertyValue2=2026)", where(among("createdon", "in-fiscal-period-and-year", "1", "2026"))},
	{"contacts", "$filter=" + crm + "InFiscalYear(PropertyName='createdon',PropertyValue=2025)", where(cond("createdon", "in-fiscal-year", "2025"))},
	{"contacts", "$filter=" + crm + "On(PropertyName='createdon',PropertyValue='2026-05-12')", where(cond("createdon", "on", "2026-05-12"))},
	{"contacts", "$filter=" + crm + "OnOrAfter(PropertyName='createdon',PropertyValue='2026-05-05')", where(cond("createdon", "on-or-after", "2026-05-05"))},
	{"contacts", "$filter=" + crm + "OnOrBefore(PropertyName='birthdate',PropertyValue='1970-01-06')", where(cond("birthdate", "on-or-before", "1970-01-06"))},
	{"contacts", "$filter=" + crm + "EqualUserId(PropertyName='ownerid') and dh_engagementscore eq 1", where(none("ownerid", "eq-userid"), cond("dh_engagementscore", "eq", "1"))},
	{"contacts", "$filter=" + crm + "NotEqualUserId(PropertyName='ownerid')", where(none("ownerid", "ne-userid"))},
	{"contacts", "$filter=" + crm + "ContainValues(PropertyName='new_tags',PropertyValues=['2'])", where(among("new_tags", "contain-values", "2"))},
	{"contacts", "$filter=" + crm + "ContainValues(PropertyName=@p1,PropertyValues=@p2)&@p1='new_tags'&@p2=['1','2']", where(among("new_tags", "contain-values", "1", "2"))},
	{"contacts", "$filter=" + crm + "DoesNotContainValues(PropertyName='new_tags',PropertyValues=['22'])", where(among("new_tags", "not-contain-values", "22"))},
	{"contacts", "$filter=new_tags eq null", where(none("new_tags", "null"))},
	{"contacts", "$filter=new_weight gt 3.5 and new_weight le 7.5&$orderby=new_weight desc", order("new_weight", true) + where(cond("new_weight", "gt", "3.5"), cond("new_weight", "le", "7.5"))},
	{"accounts", "$filter=" + crm + "Under(PropertyName='accountid',PropertyValue='" + firm(0) + "')", where(cond("accountid", "under", firm(0)))},
	{"accounts", "$filter=" + crm + "UnderOrEqual(PropertyName='accountid',PropertyValue='" + firm(1) + "')", where(cond("accountid", "eq-or-under", firm(1)))},
	{"accounts", "$filter=" + crm + "Above(PropertyName='accountid',PropertyValue='" + firm(2) + "')", where(cond("accountid", "above", firm(2)))},
	{"accounts", "$filter=" + crm + "NotUnder(PropertyName='accountid',PropertyValue='" + firm(0) + "')", where(cond("accountid", "not-under", firm(0)))},
}

var firmOf = func(more string, inside ...string) string {
	return joins("account", "accountid", "parentcustomerid", more, inside...)
}

// joining are pairs about several tables: paths and lambdas, links and their kin.
var joining = []pair{
	{"contacts", "$filter=parentcustomerid_account/name eq 'acme'", firmOf(`alias="a"`, where(cond("name", "eq", "Acme")))},
	{"contacts", "$filter=parentcustomerid_account/name ne null and dh_engagementscore lt 3", where(cond("dh_engagementscore", "lt", "3")) + firmOf("", where(none("name", "not-null")))},
	{"contacts", "$filter=parentcustomerid_account/name eq 'Acme' or lastname eq 'N09'", either(`<condition entityname="a" attribute="name" operator="eq" value="acme"/>`, cond("lastname", "eq", "n09")) + firmOf(`link-type="outer" alias="a"`)},
	{"contacts", "$filter=parentcustomerid_account/parentaccountid/name eq 'Acme'", firmOf("", joins("account", "accountid", "parentaccountid", "", where(cond("name", "eq", "Acme"))))},
	{"contacts", "$filter=parentcustomerid_contact/lastname eq 'N00'", joins("contact", "contactid", "parentcustomerid", "", where(cond("lastname", "eq", "N00")))},
	{"contacts", "$filter=parentcustomerid_account/numberofemployees ge 20&$orderby=parentcustomerid_account/name desc,lastname", firmOf("", where(cond("numberofemployees", "ge", "20")), order("name", true)) + order("lastname", false)},
	{"accounts", "$filter=contact_customer_accounts/any()", joins("contact", "parentcustomerid", "accountid", `link-type="exists"`)},
	{"accounts", "$filter=contact_customer_accounts/any(c:c/dh_engagementscore eq 4)", joins("contact", "parentcustomerid", "accountid", `link-type="in"`, where(cond("dh_engagementscore", "eq", "4")))},
	{"accounts", "$filter=contact_customer_accounts/any(c:c/donotemail eq true and c/jobtitle ne null)", "distinct " + joins("contact", "parentcustomerid", "accountid", "", where(cond("donotemail", "eq", "1"), none("jobtitle", "not-null")))},
	{"accounts", "$filter=not contact_customer_accounts/any()", where(joins("contact", "parentcustomerid", "accountid", `link-type="not any"`))},
	{"accounts", "$filter=not contact_customer_accounts/any(c:c/dh_engagementscore gt 3)", where(joins("contact", "parentcustomerid", "accountid", `link-type="not any"`, where(cond("dh_engagementscore", "gt", "3"))))},
	{"accounts", "$filter=contact_customer_accounts/any() and contact_customer_accounts/all(c:c/dh_engagementscore lt 4)", where(joins("contact", "parentcustomerid", "accountid", `link-type="all"`, where(cond("dh_engagementscore", "ge", "4"))))},
	{"accounts", "$filter=name eq 'Dune' or contact_customer_accounts/any(c:c/lastname eq 'N01')", either(cond("name", "eq", "dune"), joins("contact", "parentcustomerid", "accountid", `link-type="any"`, where(cond("lastname", "eq", "N01"))))},
	{"accounts", "$filter=account_parent_account/any(k:k/account_parent_account/any(g:g/name eq 'Core'))", joins("account", "parentaccountid", "accountid", "", joins("account", "parentaccountid", "accountid", "", where(cond("name", "eq", "Core"))))},
	{"accounts", "$filter=primarycontactid/lastname eq 'N03'", joins("contact", "contactid", "primarycontactid", "", where(cond("lastname", "eq", "N03")))},
	{"contacts", "$filter=listcontact_association/any(l:l/listname eq 'News')", joins("listmember", "entityid", "contactid", `intersect="true"`, joins("list", "listid", "listid", "", where(cond("listname", "eq", "news"))))},
	{"contacts", "$filter=listcontact_association/any()", "distinct " + joins("listmember", "entityid", "contactid", `intersect="true"`)},
	{"lists", "$filter=listcontact_association/any(c:c/dh_engagementscore eq 2)", "distinct " + joins("listmember", "listid", "listid", "", joins("contact", "contactid", "entityid", "", where(cond("dh_engagementscore", "eq", "2"))))},
	{"lists", "$filter=not listcontact_association/any()", where(joins("listmember", "listid", "listid", `link-type="not any"`, joins("contact", "contactid", "entityid", "")))},
	{"tasks", "$filter=regardingobjectid_contact_task/lastname eq 'N01'", joins("contact", "contactid", "regardingobjectid", "", where(cond("lastname", "eq", "N01")))},
	{"tasks", "$filter=_regardingobjectid_value eq " + firm(1) + " or subject eq 'Task 0'", either(cond("regardingobjectid", "eq", firm(1)), cond("subject", "eq", "task 0"))},
	{"tasks", "$filter=regardingobjectid_account_task/name eq 'Bolt' or regardingobjectid_contact_task/parentcustomerid_account/name eq 'Bolt'&$orderby=subject desc", order("subject", true) + either(`<condition entityname="a" attribute="name" operator="eq" value="bolt"/>`, `<condition entityname="b" attribute="name" operator="eq" value="bolt"/>`) + joins("account", "accountid", "regardingobjectid", `link-type="outer" alias="a"`) + joins("contact", "contactid", "regardingobjectid", `link-type="outer"`, firmOf(`link-type="outer" alias="b"`))},
	{"contacts", "$filter=Contact_Tasks/any(k:k/subject eq 'Task 2')", joins("task", "regardingobjectid", "contactid", `link-type="exists"`, where(cond("subject", "eq", "Task 2")))},
	{"accounts", "$filter=contact_customer_accounts/any(c:c/Contact_Tasks/any(k:k/statecode eq 0))", joins("contact", "parentcustomerid", "accountid", `link-type="exists"`, joins("task", "regardingobjectid", "contactid", "", where(cond("statecode", "eq", "0"))))},
	{"dh_spotlerpermissions", "$filter=dh_subscribed eq true and dh_Customer_contact/donotemail eq false", where(cond("dh_subscribed", "eq", "1")) + joins("contact", "contactid", "dh_customer", "", where(cond("donotemail", "eq", "0")))},
	{"contacts", "$filter=dh_contact_dh_spotlerpermission_dh_Customer/any(p:p/dh_subscribed eq true)", where(joins("dh_spotlerpermission", "dh_customer", "contactid", `link-type="any"`, where(cond("dh_subscribed", "eq", "true"))))},
	{"leads", "$filter=parentcontactid/parentcustomerid_account/name eq 'Bolt'", joins("contact", "contactid", "parentcontactid", "", firmOf("", where(cond("name", "eq", "Bolt"))))},
}

// arranging are pairs about order and the number of rows.
var arranging = []pair{
	{"contacts", "$orderby=dh_engagementscore desc,lastname", order("dh_engagementscore", true) + order("lastname", false)},
	{"contacts", "$orderby=jobtitle", order("jobtitle", false)},
	{"contacts", "$orderby=jobtitle desc,birthdate desc", order("jobtitle", true) + order("birthdate", true)},
	{"contacts", "$orderby=annualincome,createdon desc", order("annualincome", false) + order("createdon", true)},
	{"contacts", "$orderby=parentcustomerid_account/name desc", firmOf(`link-type="outer" alias="a"`) + `<order entityname="a" attribute="name" descending="true"/>`},
	{"contacts", "$orderby=donotemail desc&$filter=dh_engagementscore gt 0", order("donotemail", true) + where(cond("dh_engagementscore", "gt", "0"))},
	{"accounts", "$orderby=revenue desc,name", order("revenue", true) + order("name", false)},
	{"contacts", "$orderby=lastname desc&$top=3", `top="3" ` + order("lastname", true)},
}

// adding are pairs of aggregates; their lines have the same members.
var adding = []pair{
	{"contacts", "$apply=aggregate($count as n)", sum("contactid", "count", "n")},
	{"contacts", "$apply=aggregate(dh_engagementscore with sum as s,dh_engagementscore with average as a,dh_engagementscore with min as low,dh_engagementscore with max as high)",
		sum("dh_engagementscore", "sum", "s") + sum("dh_engagementscore", "avg", "a") + sum("dh_engagementscore", "min", "low") + sum("dh_engagementscore", "max", "high")},
	{"contacts", "$apply=groupby((donotemail))", by("donotemail", "donotemail")},
	{"contacts", "$apply=groupby((donotemail),aggregate($count as n))", by("donotemail", "donotemail") + sum("contactid", "count", "n")},
	{"contacts", "$apply=groupby((donotemail,statecode),aggregate(dh_engagementscore with sum as s))", by("donotemail", "donotemail") + by("statecode", "statecode") + sum("dh_engagementscore", "sum", "s")},
	{"contacts", "$apply=groupby((dh_engagementscore),aggregate($count as n))&$orderby=dh_engagementscore desc", by("dh_engagementscore", "dh_engagementscore") + sum("contactid", "count", "n") + `<order alias="dh_engagementscore" descending="true"/>`},
	{"contacts", "$apply=filter(dh_engagementscore gt 1)/groupby((donotemail),aggregate(annualincome with sum as s,annualincome with average as a))", by("donotemail", "donotemail") + sum("annualincome", "sum", "s") + sum("annualincome", "avg", "a") + where(cond("dh_engagementscore", "gt", "1"))},
	{"contacts", "$apply=aggregate(jobtitle with countdistinct as j,dh_engagementscore with countdistinct as e)", distinct("jobtitle", "j") + distinct("dh_engagementscore", "e")},
	{"contacts", "$apply=aggregate(createdon with min as first,birthdate with max as young)", sum("createdon", "min", "first") + sum("birthdate", "max", "young")},
	{"contacts", "$apply=filter(parentcustomerid_account/name ne null)/groupby((dh_engagementscore),aggregate($count as n))", by("dh_engagementscore", "dh_engagementscore") + sum("contactid", "count", "n") + firmOf("", where(none("name", "not-null")))},
	{"contacts", "$apply=filter(listcontact_association/any(l:l/listname eq 'Offers'))/aggregate($count as n)", sum("contactid", "count", "n") + joins("listmember", "entityid", "contactid", "", joins("list", "listid", "listid", "", where(cond("listname", "eq", "Offers"))))},
	{"contacts", "$apply=filter(lastname eq 'nobody')/aggregate($count as n,dh_engagementscore with sum as s)", sum("contactid", "count", "n") + sum("dh_engagementscore", "sum", "s") + where(cond("lastname", "eq", "nobody"))},
	{"contacts", "$apply=groupby((parentcustomerid_account/name),aggregate($count as n,dh_engagementscore with sum as s))", sum("contactid", "count", "n") + sum("dh_engagementscore", "sum", "s") + firmOf(`link-type="outer"`, by("name", "account_name"))},
	{"contacts", "$apply=groupby((parentcustomerid_account/name))&$orderby=parentcustomerid_account/name desc&$filter=donotemail eq true", firmOf(`link-type="outer"`, by("name", "account_name")) + `<order alias="account_name" descending="true"/>` + where(cond("donotemail", "eq", "1"))},
	{"accounts", "$apply=groupby((industrycode),aggregate(revenue with sum as total))", by("industrycode", "industrycode") + sum("revenue", "sum", "total")},
}

func sum(column, do, alias string) string {
	return `<attribute name="` + column + `" aggregate="` + do + `" alias="` + alias + `"/>`
}

func distinct(column, alias string) string {
	return `<attribute name="` + column + `" aggregate="countcolumn" distinct="true" alias="` + alias + `"/>`
}

func by(column, alias string) string {
	return `<attribute name="` + column + `" groupby="true" alias="` + alias + `"/>`
}
