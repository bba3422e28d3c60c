package metadata

import "strings"

// aged is the time that all definitions give for their making: the simulator
// keeps none.
const aged = "1900-01-01T00:00:00Z"

// TableDocument is an EntityMetadata as the metadata service writes it.
func (m *Model) TableDocument(t *Table) *Document {
	d := doc("EntityMetadata",
		"ActivityTypeMask", number(t.Activity), "AutoRouteToOwnerQueue", false, "CanTriggerWorkflow", !t.Logical, "EntityHelpUrlEnabled", false, "EntityHelpUrl", nil,
		"IsDocumentManagementEnabled", false, "IsOneNoteIntegrationEnabled", false, "IsInteractionCentricEnabled", false, "IsKnowledgeManagementEnabled", false,
		"IsSLAEnabled", false, "IsBPFEntity", false, "IsDocumentRecommendationsEnabled", false, "IsMSTeamsIntegrationEnabled", false, "SettingOf", nil,
		"DataProviderId", nil, "DataSourceId", nil, "AutoCreateAccessTeams", false, "IsActivity", t.Activity, "IsActivityParty", t.Activities,
		"IsRetrieveAuditEnabled", false, "IsRetrieveMultipleAuditEnabled", false, "IsArchivalEnabled", false, "IsRetentionEnabled", false,
		"IsAvailableOffline", true, "IsChildEntity", false, "IsAIRUpdated", true, "IconLargeName", nil, "IconMediumName", nil, "IconSmallName", nil, "IconVectorName", nil,
		"IsCustomEntity", t.Custom, "IsBusinessProcessEnabled", false, "SyncToExternalSearchIndex", false, "IsOptimisticConcurrencyEnabled", true,
		"ChangeTrackingEnabled", t.Tracked, "IsImportable", !t.Logical, "IsIntersect", t.Intersect, "IsManaged", !t.Custom, "IsEnabledForCharts", true, "IsEnabledForTrace", false,
		"IsValidForAdvancedFind", !t.Logical, "DaysSinceRecordLastModified", 0, "MobileOfflineFilters", nil, "IsReadingPaneEnabled", true, "IsQuickCreateEnabled", false,
		"LogicalName", t.Name, "ObjectTypeCode", t.Code, "OwnershipType", t.Ownership, "PrimaryNameAttribute", text(t.Primary), "PrimaryImageAttribute", imageOf(t),
		"PrimaryIdAttribute", t.Key, "RecurrenceBaseEntityLogicalName", nil, "ReportViewName", "Filtered"+t.Schema, "SchemaName", t.Schema, "IntroducedVersion", "5.0.0.0",
		"IsStateModelAware", t.Column("statecode") != nil, "EnforceStateTransitions", false, "ExternalName", nil, "EntityColor", nil, "LogicalCollectionName", t.Set,
		"ExternalCollectionName", nil, "CollectionSchemaName", t.Collection, "EntitySetName", t.Set, "IsEnabledForExternalChannels", false, "IsPrivate", t.Logical,
		"UsesBusinessDataLabelTable", false, "IsLogicalEntity", false, "HasNotes", t.Notes, "HasActivities", t.Activities, "HasFeedback", false, "IsSolutionAware", false,
		"CreatedOn", aged, "ModifiedOn", aged, "HasEmailAddresses", t.Column("emailaddress1") != nil, "OwnerId", nil, "OwnerIdType", 8, "OwningBusinessUnit", nil,
		"TableType", tableType(t), "MetadataId", t.ID, "HasChanged", nil,
		"Description", label(t.Description, !t.Custom), "DisplayCollectionName", label(t.Plural, !t.Custom), "DisplayName", label(t.Label, !t.Custom),
		"IsAuditEnabled", managed(false, true, "canmodifyauditsettings"), "IsValidForQueue", managed(false, true, "canmodifyqueuesettings"),
		"IsConnectionsEnabled", managed(false, true, "canmodifyconnectionsettings"), "IsCustomizable", managed(!t.Logical, false, "iscustomizable"),
		"IsRenameable", managed(true, false, "isrenameable"), "IsMappable", managed(true, false, "ismappable"),
		"IsDuplicateDetectionEnabled", managed(false, true, "canmodifyduplicatedetectionsettings"), "CanCreateAttributes", managed(!t.Logical, false, "cancreateattributes"),
		"CanCreateForms", managed(true, false, "cancreateforms"), "CanCreateViews", managed(true, false, "cancreateviews"), "CanCreateCharts", managed(true, false, "cancreatecharts"),
		"CanBeRelatedEntityInRelationship", managed(true, false, "canberelatedentityinrelationship"), "CanBePrimaryEntityInRelationship", managed(true, false, "canbeprimaryentityinrelationship"),
		"CanBeInManyToMany", managed(!t.Intersect, false, "canbeinmanytomany"), "CanBeInCustomEntityAssociation", managed(true, false, "canbeincustomentityassociation"),
		"CanEnableSyncToExternalSearchIndex", managed(true, true, "canenablesynctoexternalsearchindex"), "CanModifyAdditionalSettings", managed(true, true, "canmodifyadditionalsettings"),
		"CanChangeHierarchicalRelationship", managed(true, true, "canchangehierarchicalrelationship"), "CanChangeTrackingBeEnabled", managed(true, true, "canchangetrackingbeenabled"),
		"IsMailMergeEnabled", managed(false, true, "canmodifymailmergesettings"), "IsVisibleInMobile", managed(false, true, "canmodifymobilevisibility"),
		"IsVisibleInMobileClient", managed(true, true, "canmodifymobileclientvisibility"), "IsReadOnlyInMobileClient", managed(false, true, "canmodifymobileclientreadonly"),
		"IsOfflineInMobileClient", managed(false, true, "canmodifymobileclientoffline"), "Privileges", privileges(t), "Settings", []*Document{},
	)
	d.lead("Attributes", func() any { return m.ColumnDocuments(t, "") })
	d.lead("Keys", func() any { return keyDocuments(t) })
	d.lead("OneToManyRelationships", func() any {
		return m.relationshipDocuments(func(r *Relationship) bool { return !r.ManyToMany() && r.Referenced == t.Name })
	})
	d.lead("ManyToOneRelationships", func() any {
		return m.relationshipDocuments(func(r *Relationship) bool { return !r.ManyToMany() && r.Referencing == t.Name })
	})
	d.lead("ManyToManyRelationships", func() any {
		return m.relationshipDocuments(func(r *Relationship) bool { return r.ManyToMany() && r.Touches(t.Name) })
	})
	return d
}

// TableDocuments are all tables.
func (m *Model) TableDocuments() []*Document {
	var out []*Document
	for _, t := range m.tables {
		out = append(out, m.TableDocument(t))
	}
	return out
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

func tableType(t *Table) string {
	if t.Elastic {
		return "Elastic"
	}
	return "Standard"
}

func imageOf(t *Table) any {
	for _, c := range t.Columns {
		if c.Type == Image {
			return c.Name
		}
	}
	return nil
}

// PrivilegeNames are the verbs of the privileges of a table (reference: dataverse-api 6.1, role).
func PrivilegeNames() []string {
	return []string{"Create", "Read", "Write", "Delete", "Assign", "Share", "Append", "AppendTo"}
}

// PrivilegeID is the id of the privilege of a verb on a table.
func PrivilegeID(t *Table, verb string) string { return identity("privilege", "prv"+verb+t.Schema) }

func privileges(t *Table) []*Document {
	out := []*Document{}
	if t.Intersect {
		return out
	}
	user := t.Ownership == "UserOwned"
	for _, verb := range PrivilegeNames() {
		if !user && (verb == "Assign" || verb == "Share") {
			continue
		}
		out = append(out, doc("", "CanBeBasic", user, "CanBeDeep", user, "CanBeGlobal", true, "CanBeLocal", user, "CanBeEntityReference", false,
			"CanBeParentEntityReference", false, "CanBeRecordFilter", false, "Name", "prv"+verb+t.Schema, "PrivilegeId", PrivilegeID(t, verb), "PrivilegeType", verb))
	}
	return out
}

func keyDocuments(t *Table) []*Document {
	out := []*Document{}
	for _, k := range t.Keys {
		out = append(out, keyDocument(t, k))
	}
	return out
}

func keyDocument(t *Table, k *AlternateKey) *Document {
	return doc("EntityKeyMetadata", "SchemaName", k.Schema, "LogicalName", k.Name, "EntityLogicalName", t.Name, "KeyAttributes", k.Columns,
		"IsCustomizable", managed(true, false, "iscustomizable"), "IsManaged", !k.Custom, "IntroducedVersion", "1.0.0.0", "EntityKeyIndexStatus", k.Status.String(),
		"IsSynchronous", false, "IsExportKey", false, "IsSecondaryKey", false, "MetadataId", k.ID, "HasChanged", nil,
		"DisplayName", label(k.Label, !k.Custom), "AsyncJob", nil)
}

// KeyOf finds an alternate key of t by logical name or MetadataId, nil when there is none.
func (t *Table) KeyOf(name string) *AlternateKey {
	for _, k := range t.Keys {
		if strings.EqualFold(k.Name, name) || strings.EqualFold(k.ID, name) {
			return k
		}
	}
	return nil
}
