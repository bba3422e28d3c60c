// The npm package dynamics-web-api, unmodified, drives the sandbox through every function
// it has that our sandbox means to answer. It prints one JSON object a line.
//
// Usage: node dataverse.mjs <server URL> <token URL> <client id> <client secret>
import { DynamicsWebApi } from "dynamics-web-api";

const [server, tokenURL, clientID, clientSecret] = process.argv.slice(2);

async function token() {
  const answer = await fetch(tokenURL, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "client_credentials", client_id: clientID, client_secret: clientSecret, scope: server + "/.default" }),
  });
  return (await answer.json()).access_token;
}

const api = new DynamicsWebApi({ serverUrl: server, dataApi: { version: "9.2" }, onTokenRefresh: token });
const id = (n) => `d0000000-0000-4000-8000-${String(n).padStart(12, "0")}`;

function same(got, want, what) {
  if (JSON.stringify(got) !== JSON.stringify(want)) throw new Error(`${what}: ${JSON.stringify(got)} instead of ${JSON.stringify(want)}`);
}
function holds(truth, what) {
  if (!truth) throw new Error(what);
}
async function refused(promise, status) {
  try {
    await promise;
  } catch (e) {
    same(e.status, status, "the refusal");
    return e;
  }
  throw new Error(`nothing was refused with ${status}`);
}

const crm = "Microsoft.Dynamics.CRM.";
const label = (text) => ({ "@odata.type": crm + "Label", LocalizedLabels: [{ "@odata.type": crm + "LocalizedLabel", Label: text, LanguageCode: 1033 }] });
const made = {};

const trials = {
  rows: {
    "create": async () => same(await api.create({ collection: "contacts", data: { contactid: id(1), lastname: "One", emailaddress1: "one@w.example" } }), id(1), "the id"),
    "create with representation": async () => same((await api.create({ collection: "contacts", data: { contactid: id(2), lastname: "Two" }, returnRepresentation: true })).lastname, "Two", "the row"),
    "create with a lookup": async () => {
      await api.create({ collection: "accounts", data: { accountid: id(10), name: "House" } });
      await api.create({ collection: "contacts", data: { contactid: id(3), lastname: "Three", "parentcustomerid_account@odata.bind": `accounts(${id(10)})` } });
      same((await api.retrieve({ collection: "contacts", key: id(3), select: ["_parentcustomerid_value"] }))._parentcustomerid_value, id(10), "the lookup");
    },
    "deep create": async () => {
      await api.create({ collection: "accounts", data: { accountid: id(11), name: "Deep", primarycontactid: { contactid: id(4), lastname: "Four" } } });
      same((await api.retrieve({ collection: "contacts", key: id(4), select: ["lastname"] })).lastname, "Four", "the inner row");
    },
    "retrieve": async () => same((await api.retrieve({ collection: "contacts", key: id(1), select: ["lastname"] })).lastname, "One", "the row"),
    "retrieve a property": async () => same((await api.retrieve({ collection: "contacts", key: id(1), select: ["/lastname"] })).value, "One", "the value"),
    "retrieve with annotations": async () => holds((await api.retrieve({ collection: "contacts", key: id(1), select: ["statecode"], includeAnnotations: "*" }))["statecode@OData.Community.Display.V1.FormattedValue"] === "Active", "no formatted value"),
    "retrieve what is not there": async () => refused(api.retrieve({ collection: "contacts", key: id(99), select: ["lastname"] }), 404),
    "update": async () => {
      await api.update({ collection: "contacts", key: id(1), data: { jobtitle: "Buyer" } });
      same((await api.retrieve({ collection: "contacts", key: id(1), select: ["jobtitle"] })).jobtitle, "Buyer", "the column");
    },
    "update with representation": async () => same((await api.update({ collection: "contacts", key: id(1), data: { jobtitle: "Seller" }, returnRepresentation: true, select: ["jobtitle"] })).jobtitle, "Seller", "the row"),
    "update one property": async () => {
      await api.updateSingleProperty({ collection: "contacts", key: id(1), fieldValuePair: { jobtitle: "Chef" } });
      same((await api.retrieve({ collection: "contacts", key: id(1), select: ["jobtitle"] })).jobtitle, "Chef", "the column");
    },
    "update only when unchanged": async () => {
      const row = await api.retrieve({ collection: "contacts", key: id(1), select: ["jobtitle"] });
      await api.update({ collection: "contacts", key: id(1), data: { jobtitle: "Cook" }, ifmatch: row["@odata.etag"] });
      holds((await api.update({ collection: "contacts", key: id(1), data: { jobtitle: "Lost" }, ifmatch: row["@odata.etag"] })) === false, "a stale update went through");
    },
    "upsert makes": async () => {
      await api.upsert({ collection: "contacts", key: id(5), data: { lastname: "Five" } });
      same((await api.retrieve({ collection: "contacts", key: id(5), select: ["lastname"] })).lastname, "Five", "the row");
    },
    "upsert that may not make": async () => holds((await api.upsert({ collection: "contacts", key: id(6), data: { lastname: "Six" }, ifmatch: "*" })) === null, "a row was made"),
    "upsert that may not change": async () => holds((await api.upsert({ collection: "contacts", key: id(5), data: { lastname: "Fifty" }, ifnonematch: "*" })) === null, "a row was changed"),
    "delete a property": async () => {
      await api.deleteRecord({ collection: "contacts", key: id(1), fieldName: "jobtitle" });
      same((await api.retrieve({ collection: "contacts", key: id(1), select: ["jobtitle"] })).jobtitle ?? null, null, "the column");
    },
    "delete": async () => {
      await api.deleteRecord({ collection: "contacts", key: id(5) });
      await refused(api.retrieve({ collection: "contacts", key: id(5), select: ["lastname"] }), 404);
    },
    "associate": async () => api.associate({ collection: "accounts", primaryKey: id(10), relationshipName: "contact_customer_accounts", relatedCollection: "contacts", relatedKey: id(1) }),
    "disassociate": async () => api.disassociate({ collection: "accounts", primaryKey: id(10), relationshipName: "contact_customer_accounts", relatedKey: id(1) }),
    "associate a single value": async () => {
      await api.associateSingleValued({ collection: "contacts", primaryKey: id(1), navigationProperty: "parentcustomerid_account", relatedCollection: "accounts", relatedKey: id(10) });
      same((await api.retrieve({ collection: "contacts", key: id(1), select: ["_parentcustomerid_value"] }))._parentcustomerid_value, id(10), "the lookup");
    },
    "disassociate a single value": async () => api.disassociateSingleValued({ collection: "contacts", primaryKey: id(1), navigationProperty: "parentcustomerid_account" }),
  },
  queries: {
    "filter, order, top": async () => same((await api.retrieveMultiple({ collection: "contacts", select: ["lastname"], filter: "lastname eq 'One' or lastname eq 'Two'", orderBy: ["lastname desc"], top: 5 })).value.map((r) => r.lastname), ["Two", "One"], "the rows"),
    "count in a list": async () => same((await api.retrieveMultiple({ collection: "contacts", select: ["lastname"], filter: "startswith(lastname,'T')", count: true })).oDataCount, 2, "the count"),
    "expand": async () => same((await api.retrieve({ collection: "contacts", key: id(3), select: ["lastname"], expand: [{ property: "parentcustomerid_account", select: ["name"] }] })).parentcustomerid_account.name, "House", "the account"),
    "expand a collection": async () => holds((await api.retrieve({ collection: "accounts", key: id(10), select: ["name"], expand: [{ property: "contact_customer_accounts", select: ["lastname"] }] })).contact_customer_accounts.length >= 1, "no contacts"),
    "count": async () => holds((await api.count({ collection: "contacts" })) >= 3, "too few"),
    "count all": async () => holds((await api.countAll({ collection: "contacts", filter: "lastname ne null" })) >= 3, "too few"),
    "pages": async () => {
      for (let n = 20; n < 32; n++) await api.create({ collection: "contacts", data: { contactid: id(n), lastname: "Paged" } });
      const first = await api.retrieveMultiple({ collection: "contacts", select: ["lastname"], filter: "lastname eq 'Paged'", maxPageSize: 5 });
      holds(first.value.length === 5 && first.oDataNextLink, "no second page");
      same((await api.retrieveAll({ collection: "contacts", select: ["lastname"], filter: "lastname eq 'Paged'", maxPageSize: 5 })).value.length, 12, "all pages");
    },
    "query functions": async () => same((await api.retrieveMultiple({ collection: "contacts", select: ["lastname"], queryParams: ["$filter=Microsoft.Dynamics.CRM.In(PropertyName='lastname',PropertyValues=['One','Two'])"] })).value.length, 2, "the rows"),
    "lambda": async () => same((await api.retrieveMultiple({ collection: "accounts", select: ["name"], filter: "contact_customer_accounts/any(c:c/lastname eq 'Three')" })).value.map((r) => r.name), ["House"], "the rows"),
    "aggregate": async () => holds((await api.retrieveMultiple({ collection: "contacts", apply: "groupby((lastname),aggregate($count as n))" })).value.some((r) => r.lastname === "Paged" && r.n === 12), "no such group"),
    "changes": async () => {
      const first = await api.retrieveMultiple({ collection: "contacts", select: ["lastname"], trackChanges: true });
      holds(first.oDataDeltaLink, "no delta link");
    },
    "FetchXML": async () => same((await api.fetch({ collection: "contacts", fetchXml: "<fetch><entity name='contact'><attribute name='lastname'/><filter><condition attribute='lastname' operator='eq' value='One'/></filter></entity></fetch>" })).value.map((r) => r.lastname), ["One"], "the rows"),
    "FetchXML, all pages": async () => same((await api.fetchAll({ collection: "contacts", fetchXml: "<fetch count='5'><entity name='contact'><attribute name='lastname'/><filter><condition attribute='lastname' operator='eq' value='Paged'/></filter></entity></fetch>" })).value.length, 12, "the rows"),
  },
  batches: {
    "batch of reads": async () => {
      api.startBatch();
      api.retrieve({ collection: "contacts", key: id(1), select: ["lastname"] });
      api.retrieve({ collection: "contacts", key: id(2), select: ["lastname"] });
      same((await api.executeBatch()).map((r) => r.lastname), ["One", "Two"], "the answers");
    },
    "change set": async () => {
      api.startBatch();
      api.create({ collection: "accounts", data: { accountid: id(40), name: "Set" }, contentId: "1" });
      api.create({ collection: "contacts", data: { contactid: id(41), lastname: "Set", "parentcustomerid_account@odata.bind": "$1" } });
      await api.executeBatch();
      same((await api.retrieve({ collection: "contacts", key: id(41), select: ["_parentcustomerid_value"] }))._parentcustomerid_value, id(40), "the lookup");
    },
    "a change set that fails changes nothing": async () => {
      api.startBatch();
      api.create({ collection: "contacts", data: { contactid: id(42), lastname: "Undone" } });
      api.create({ collection: "contacts", data: { contactid: id(1), lastname: "Twice" } });
      await api.executeBatch().then(() => { throw new Error("it went through"); }, () => {});
      await refused(api.retrieve({ collection: "contacts", key: id(42), select: ["lastname"] }), 404);
    },
  },
  "functions and actions": {
    "WhoAmI": async () => holds((await api.callFunction("WhoAmI")).UserId, "no user"),
    "RetrieveVersion": async () => holds((await api.callFunction("RetrieveVersion")).Version, "no version"),
    "RetrieveTotalRecordCount": async () => holds((await api.callFunction({ functionName: "RetrieveTotalRecordCount", parameters: { EntityNames: ["contact"] } })).EntityRecordCountCollection, "no count"),
    "QualifyLead": async () => {
      await api.create({ collection: "leads", data: { leadid: id(50), subject: "Lead", lastname: "Lead" } });
      await api.callAction({ collection: "leads", key: id(50), actionName: "Microsoft.Dynamics.CRM.QualifyLead", action: { CreateAccount: false, CreateContact: true, CreateOpportunity: false, Status: 3 } });
      same((await api.retrieve({ collection: "leads", key: id(50), select: ["statecode"] })).statecode, 1, "the state");
    },
    "Merge": async () => {
      await api.create({ collection: "contacts", data: { contactid: id(60), lastname: "Winner" } });
      await api.create({ collection: "contacts", data: { contactid: id(61), lastname: "Loser" } });
      await api.callAction({ actionName: "Merge", action: { Target: { "@odata.type": "Microsoft.Dynamics.CRM.contact", contactid: id(60) }, Subordinate: { "@odata.type": "Microsoft.Dynamics.CRM.contact", contactid: id(61) }, UpdateContent: { "@odata.type": "Microsoft.Dynamics.CRM.contact" }, PerformParentingChecks: false } });
      same((await api.retrieve({ collection: "contacts", key: id(61), select: ["merged"] })).merged, true, "the loser");
    },
    "CreateMultiple": async () => same((await api.callAction({ collection: "contacts", actionName: "Microsoft.Dynamics.CRM.CreateMultiple", action: { Targets: [{ "@odata.type": "Microsoft.Dynamics.CRM.contact", lastname: "Many" }, { "@odata.type": "Microsoft.Dynamics.CRM.contact", lastname: "Many" }] } })).Ids.length, 2, "the ids"),
  },
  metadata: {
    "tables": async () => holds((await api.retrieveEntities({ select: ["LogicalName", "EntitySetName"] })).value.some((t) => t.LogicalName === "contact"), "no contact"),
    "one table": async () => same((await api.retrieveEntity({ key: "LogicalName='contact'", select: ["EntitySetName"] })).EntitySetName, "contacts", "the set"),
    "columns": async () => holds((await api.retrieveAttributes({ entityKey: "LogicalName='contact'", select: ["LogicalName"] })).value.some((c) => c.LogicalName === "emailaddress1"), "no address"),
    "one column with its choices": async () => holds((await api.retrieveAttribute({ entityKey: "LogicalName='contact'", attributeKey: "LogicalName='statecode'", castType: "Microsoft.Dynamics.CRM.StateAttributeMetadata", expand: [{ property: "OptionSet" }] })).OptionSet.Options.length >= 2, "no options"),
    "relationships": async () => holds(Array.isArray((await api.retrieveRelationships({ castType: "Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata", select: ["SchemaName"] })).value), "no list"),
    "global choices": async () => holds(Array.isArray((await api.retrieveGlobalOptionSets({ select: ["Name"] })).value), "no list"),
    "$metadata": async () => holds((await api.retrieveCsdlMetadata()).includes('EntitySet Name="contacts"'), "no contacts"),
    "make a table and use it": async () => {
      made.table = await api.createEntity({ data: { "@odata.type": crm + "EntityMetadata", SchemaName: "new_Visit", DisplayName: label("Visit"), DisplayCollectionName: label("Visits"), OwnershipType: "UserOwned", HasActivities: false, HasNotes: false,
        Attributes: [{ "@odata.type": crm + "StringAttributeMetadata", AttributeType: "String", AttributeTypeName: { Value: "StringType" }, SchemaName: "new_Name", IsPrimaryName: true, MaxLength: 100, FormatName: { Value: "Text" }, RequiredLevel: { Value: "None" }, DisplayName: label("Name") }] } });
      await api.create({ collection: "new_visits", data: { new_name: "First" } });
      same((await api.retrieveMultiple({ collection: "new_visits", select: ["new_name"] })).value.map((r) => r.new_name), ["First"], "the rows");
    },
    "change a table": async () => {
      const data = await api.retrieveEntity({ key: made.table });
      data.DisplayName.LocalizedLabels[0].Label = "Stay";
      await api.updateEntity({ data, mergeLabels: true });
      same((await api.retrieveEntity({ key: made.table, select: ["DisplayName"] })).DisplayName.LocalizedLabels[0].Label, "Visit", "the label before publishing");
      await api.callAction({ actionName: "PublishAllXml" });
      same((await api.retrieveEntity({ key: made.table, select: ["DisplayName"] })).DisplayName.LocalizedLabels[0].Label, "Stay", "the label");
    },
    "make a column": async () => {
      made.column = await api.createAttribute({ entityKey: made.table, data: { "@odata.type": crm + "IntegerAttributeMetadata", SchemaName: "new_Guests", DisplayName: label("Guests"), MinValue: 1, MaxValue: 9, RequiredLevel: { Value: "None" } } });
      await api.create({ collection: "new_visits", data: { new_name: "Second", new_guests: 9 } });
      await refused(api.create({ collection: "new_visits", data: { new_name: "Third", new_guests: 10 } }), 400);
    },
    "change a column": async () => {
      const data = await api.retrieveAttribute({ entityKey: made.table, attributeKey: made.column, castType: crm + "IntegerAttributeMetadata" });
      data.MaxValue = 10;
      await api.updateAttribute({ entityKey: made.table, castType: crm + "IntegerAttributeMetadata", data });
      await api.create({ collection: "new_visits", data: { new_name: "Third", new_guests: 10 } });
    },
    "make a global choice": async () => {
      made.choice = await api.createGlobalOptionSet({ data: { "@odata.type": crm + "OptionSetMetadata", Name: "new_mood", OptionSetType: "Picklist", IsGlobal: true, DisplayName: label("Mood"), Options: [{ Value: 1, Label: label("Good") }, { Value: 2, Label: label("Bad") }] } });
      await api.createAttribute({ entityKey: made.table, data: { "@odata.type": crm + "PicklistAttributeMetadata", SchemaName: "new_Mood", DisplayName: label("Mood"), "GlobalOptionSet@odata.bind": `/GlobalOptionSetDefinitions(${made.choice})` } });
      await api.create({ collection: "new_visits", data: { new_name: "Fourth", new_mood: 2 } });
    },
    "change a global choice": async () => {
      const data = await api.retrieveGlobalOptionSet({ key: made.choice, castType: crm + "OptionSetMetadata" });
      data.DisplayName = label("Spirits");
      await api.updateGlobalOptionSet({ data, castType: crm + "OptionSetMetadata" });
      await api.callAction({ actionName: "PublishXml", action: { ParameterXml: "<importexportxml><optionsets><optionset>new_mood</optionset></optionsets></importexportxml>" } });
      same((await api.retrieveGlobalOptionSet({ key: made.choice, select: ["DisplayName"] })).DisplayName.UserLocalizedLabel.Label, "Spirits", "the label");
    },
    "add an option": async () => {
      same((await api.callAction({ actionName: "InsertOptionValue", action: { OptionSetName: "new_mood", Value: 3, Label: label("Mixed") } })).NewOptionValue, 3, "the value");
      await api.create({ collection: "new_visits", data: { new_name: "Fifth", new_mood: 3 } });
    },
    "make a 1:N relationship": async () => {
      made.one = await api.createRelationship({ data: { "@odata.type": crm + "OneToManyRelationshipMetadata", SchemaName: "new_contact_visit", ReferencedEntity: "contact", ReferencedAttribute: "contactid", ReferencingEntity: "new_visit", Lookup: { "@odata.type": crm + "LookupAttributeMetadata", SchemaName: "new_Guest", DisplayName: label("Guest") } } });
      await api.create({ collection: "new_visits", data: { new_name: "Sixth", "new_Guest@odata.bind": `contacts(${id(1)})` } });
    },
    "change a relationship": async () => {
      const data = await api.retrieveRelationship({ key: made.one, castType: crm + "OneToManyRelationshipMetadata" });
      data.CascadeConfiguration.Delete = "Restrict";
      await api.updateRelationship({ data, castType: crm + "OneToManyRelationshipMetadata" });
      same((await api.retrieveRelationship({ key: made.one, castType: crm + "OneToManyRelationshipMetadata" })).CascadeConfiguration.Delete, "Restrict", "the cascade");
      await refused(api.deleteRecord({ collection: "contacts", key: id(1) }), 405);
    },
    "make an N:N relationship": async () => {
      made.many = await api.createRelationship({ data: { "@odata.type": crm + "ManyToManyRelationshipMetadata", SchemaName: "new_visit_accounts", Entity1LogicalName: "new_visit", Entity2LogicalName: "account", IntersectEntityName: "new_visit_account" } });
      await api.create({ collection: "new_visits", data: { new_visitid: id(70), new_name: "Seventh" } });
      await api.associate({ collection: "new_visits", primaryKey: id(70), relationshipName: "new_visit_accounts", relatedCollection: "accounts", relatedKey: id(10) });
    },
    "make an alternate key and upsert by it": async () => {
      await api.callAction({ collection: "EntityDefinitions", key: made.table, actionName: "Keys", action: { "@odata.type": crm + "EntityKeyMetadata", SchemaName: "new_ByName", DisplayName: label("Name"), KeyAttributes: ["new_name"] } });
      await api.upsert({ collection: "new_visits", key: "new_name='Eighth'", data: { new_guests: 1 } });
      await api.upsert({ collection: "new_visits", key: "new_name='Eighth'", data: { new_guests: 2 } });
      same((await api.retrieve({ collection: "new_visits", key: "new_name='Eighth'", select: ["new_guests", "new_name"] })).new_guests, 2, "the column");
    },
    "delete relationships": async () => {
      await api.deleteRelationship({ key: made.one });
      await api.deleteRelationship({ key: made.many });
    },
    "delete a global choice": async () => {
      await refused(api.deleteGlobalOptionSet({ key: made.choice }), 400);
      await api.deleteRecord({ collection: "EntityDefinitions", key: made.table, fieldName: "Attributes(LogicalName='new_mood')" });
      await api.deleteGlobalOptionSet({ key: made.choice });
    },
    "delete a table": async () => {
      await api.deleteRecord({ collection: "EntityDefinitions", key: made.table });
      await refused(api.retrieveMultiple({ collection: "new_visits", select: ["new_name"] }), 404);
    },
  },
};

for (const [chapter, all] of Object.entries(trials)) {
  for (const [name, trial] of Object.entries(all)) {
    let why = "";
    try {
      await trial();
    } catch (e) {
      why = `${e.status ?? ""} ${e.message ?? e}`.trim().slice(0, 300);
    }
    console.log(JSON.stringify({ chapter, name, what: name, ok: why === "", why }));
  }
}
