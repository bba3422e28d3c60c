// Package decide holds the rules of the connector: facts in, verdict and reason
// out, without clock, network, database or chance.
package decide
