// Package connector is the glossary of the house: the words that Dynamics 365,
// Spotler Mail+ and our own code share, and nothing that performs I/O.
//
// If you read only one folder, read this one. Each file explains one word.
package connector
