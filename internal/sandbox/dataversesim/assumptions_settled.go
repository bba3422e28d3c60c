package dataversesim

// fixed is an assumption that is part of how the simulator is built: it is told,
// not changed. Codes can be exchanged all the same, by the assumption "codes".
type fixed struct {
	name         string
	value        any
	source, says string
	// where is the file of this folder that rests on it.
	where string
}

// settled lists them. A test sees to it that every place in the code that says
// it assumes something has its line here, or in about.
var settled = []fixed{
	// Codes that the reference does not have, or marks as inferred.
	{"code_argument", "0x80040203", "2.9", "an argument that cannot be", "fail.go"},
	{"code_query", "0x80048d0b", "2.9", "a name in a query that the table does not have", "fail.go"},
	{"code_definition", "0x80040217", "2.9", "a definition that does not exist; 0x80060888 for a table", "definitions.go"},
	{"code_dependency", "0x8004f01f", "2.9", "a definition that cannot be deleted because another needs it", "metadata/refused.go"},
	{"code_platform", "0x80047013", "2.9", "a definition of the platform that cannot be deleted or changed so", "metadata/refused.go"},
	{"code_outside", codeOutside, "2.9", "a number outside its range, or a value that is no option", "valuetype.go"},
	{"code_too_early", codeTooEarly, "2.9", "a date before 1753", "value.go"},
	{"code_associated", codeAssociated, "2.2", "a row that cannot be deleted because others point at it", "cascade.go"},
	{"code_list_locked", codeListLocked, "2.9", "a list that is locked", "lists.go"},
	{"code_list_dynamic", codeListDynamic, "2.9", "a dynamic list that should get a member", "lists.go"},
	{"code_depth", "0x80042f09", "2.9", "change tracking without reading at the level of the organisation", "privileges.go"},
	{"code_delta_expired", "0x80044352", "2.6", "a delta token that is too old; its status is 410", "changes.go"},
	{"code_status", "0x80048408", "2.9", "a status that does not belong to the state", "derive.go"},
	{"code_fetch", codeBadFetch, "2.9", "FetchXML that cannot be read; 0x80041102 an unknown table, 0x80041103 an unknown column, 0x8004e023 too many rows to add up", "queried.go"},
	// Definitions.
	{"put_missing", "default", "6.1", "what a PUT of a definition leaves out gets its default; a label that is left out stays", "metadata/define_replace.go"},
	{"any_prefix", true, "6.1", "without a solution a schema name may have any prefix", "metadata/origin.go"},
	{"entity_set", "plural", "6.1", "the entity set of a new table is the English plural of its name", "metadata/metadata.go"},
	{"intersect_set", "set or collection behind the name", "6.1", "the entity set of the pairs of an N:N relationship", "metadata/relate.go"},
	{"merge_moves", true, "6.1", "what points at a merged row moves to the winner, through custom lookups as well", "metadata/relate.go"},
	{"key_bytes", 900, "6.1", "text takes two bytes a character in an alternate key", "metadata/define_key.go"},
	{"own_activity", "like a task", "6.1", "the columns of a customer's own kind of activity", "metadata/define_table.go"},
	{"remove_component", "either id", "6.1", "RemoveSolutionComponent takes the id of the component or of what it stands for", "define_action.go"},
	{"import_at_once", true, "6.2", "a solution is imported before ImportSolutionAsync answers", "solution_import.go"},
	{"access_rights", "1 2 4 16 32 65536 262144 524288", "6.1", "the numbers of the verbs of privileges", "solution.go"},
	{"depth", "all rows", "6.1", "a privilege below Global shows all rows, but no changes; Append and AppendTo are not asked for", "roles.go"},
	// Rows.
	{"rounding", "half away from zero", "2.4", "a number with more digits than its column is rounded, not refused", "valuetype.go"},
	{"picks_order", "ascending, each once", "2.4", "the values of a multi-select choice, at most 150", "valuetype.go"},
	{"key_in_body", "the address wins", "2.3", "a key column in the body of an upsert that says something else than the address", "keyaddress.go"},
	{"list_without_type", "contacts", "4.1", "a list that does not say what it holds", "lists.go"},
	{"merge_events", true, "2.8", "each row that moves to a winner is an update that steps hear of", "actions.go"},
	// Queries.
	{"fiscal_year", "calendar year in quarters", "2.5", "fiscal periods; weeks start on Sunday", "query/model.go"},
	{"whole_days", true, "2.5", "periods longer than an hour go by whole days", "query/window.go"},
	{"whole_mean", true, "2.5", "the mean of whole numbers is a whole number", "query/group.go"},
	{"full_text", "as substring", "2.5", "what Contains finds", "odata/call.go"},
	{"apply_filter", "before", "2.5", "a $filter beside $apply narrows what is added up", "odata/apply.go"},
	// Events.
	{"choices_in_context", "an array of OptionSetValue", "1.4", "a multi-select choice in an execution context", "context.go"},
	{"bus_retries", "PUT /control/bus", "1.7", "how often and how long a failed message to a queue is tried again", "servicebus.go"},
	{"no_order", true, "1.6", "events may come out of order and twice; PUT /control/mischief makes them", "mischief.go"},
}
