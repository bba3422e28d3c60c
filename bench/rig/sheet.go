package rig

import _ "embed"

// mappingSheet is the default mapping and the version.
//
//go:embed mapping.yaml
var mappingSheet string
