package metadata

// RelationshipDocument is a relationship as the metadata service writes it.
func (m *Model) RelationshipDocument(r *Relationship) *Document {
	menu := func() *Document {
		return doc("", "Behavior", "UseCollectionName", "Group", "Details", "Order", nil, "IsCustomizable", true, "Icon", nil, "ViewId", "00000000-0000-0000-0000-000000000000",
			"AvailableOffline", true, "MenuId", nil, "QueryApi", nil, "Label", label(nil, false))
	}
	if r.ManyToMany() {
		return doc("ManyToManyRelationshipMetadata", "SchemaName", r.Schema, "MetadataId", r.ID, "RelationshipType", "ManyToManyRelationship", "IsCustomRelationship", r.Custom,
			"IsManaged", !r.Custom, "IsValidForAdvancedFind", true, "SecurityTypes", "None", "IntroducedVersion", "5.0.0.0", "HasChanged", nil,
			"Entity1LogicalName", r.One, "Entity2LogicalName", r.Two, "IntersectEntityName", r.Intersect, "Entity1IntersectAttribute", r.OneKey, "Entity2IntersectAttribute", r.TwoKey,
			"Entity1NavigationPropertyName", r.OneNav, "Entity2NavigationPropertyName", r.TwoNav, "IsCustomizable", managed(true, false, "iscustomizable"),
			"Entity1AssociatedMenuConfiguration", menu(), "Entity2AssociatedMenuConfiguration", menu())
	}
	cascade := doc("")
	for _, name := range []string{"Assign", "Delete", "Archive", "Merge", "Reparent", "Share", "Unshare", "RollupView"} {
		value := r.Cascade[name]
		if value == "" {
			value = "NoCascade"
		}
		cascade.add(name, value)
	}
	return doc("OneToManyRelationshipMetadata", "SchemaName", r.Schema, "MetadataId", r.ID, "RelationshipType", "OneToManyRelationship", "IsCustomRelationship", r.Custom,
		"IsManaged", !r.Custom, "IsValidForAdvancedFind", true, "SecurityTypes", "Append", "IntroducedVersion", "5.0.0.0", "HasChanged", nil, "IsHierarchical", false, "EntityKey", nil,
		"IsRelationshipAttributeDenormalized", false, "ReferencedAttribute", r.ReferencedKey, "ReferencedEntity", r.Referenced, "ReferencingAttribute", r.Column, "ReferencingEntity", r.Referencing,
		"ReferencedEntityNavigationPropertyName", r.Collection, "ReferencingEntityNavigationPropertyName", r.Navigation, "RelationshipBehavior", 1,
		"IsCustomizable", managed(true, false, "iscustomizable"), "AssociatedMenuConfiguration", menu(), "CascadeConfiguration", cascade)
}

// RelationshipDocuments are all relationships; cast picks one derived type.
func (m *Model) RelationshipDocuments(cast string) []*Document {
	out := m.relationshipDocuments(func(r *Relationship) bool {
		return cast == "" || r.ManyToMany() == (cast == "ManyToManyRelationshipMetadata")
	})
	for _, d := range out {
		d.Typed = cast == ""
	}
	return out
}

func (m *Model) relationshipDocuments(wanted func(*Relationship) bool) []*Document {
	out := []*Document{}
	for _, r := range m.Relationships() {
		if wanted(r) {
			out = append(out, m.RelationshipDocument(r))
		}
	}
	return out
}
