package dataversesim

import (
	"strings"
)

// derive fills in what the platform computes: names, states, who and when.
func (tx *transaction) derive(c *change) *failure {
	if f := deriveState(c); f != nil {
		return f
	}
	p := &c.table.shape.platform
	deriveName(c)
	deriveActivity(c)
	if f := tx.deriveEndpoint(c); f != nil {
		return f
	}
	if f := deriveList(c); f != nil {
		return f
	}
	if c.before == nil {
		c.fill(p.createdon, tx.now)
		c.fill(p.createdby, tx.user)
		deriveInitial(c)
	}
	tx.deriveOwner(c)
	tx.deriveMoney(c)
	c.fill(p.modifiedon, tx.now)
	c.fill(p.modifiedby, tx.user)
	for _, a := range tx.override {
		c.put(a.col.name, a.val)
	}
	return nil
}

// deriveName composes fullname, which nobody can write.
func deriveName(c *change) {
	p := &c.table.shape.platform
	if p.fullname == nil || c.before != nil && !c.asks("firstname", "middlename", "lastname") {
		return
	}
	var parts []string
	for _, name := range []string{"firstname", "middlename", "lastname"} {
		if s, _ := c.value(name).(string); s != "" {
			parts = append(parts, s)
		}
	}
	var full any
	if len(parts) > 0 {
		full = strings.Join(parts, " ")
	}
	c.fill(p.fullname, full)
	c.fill(p.yomifullname, full)
}

// deriveInitial gives a new row its defaults: two-option columns are never empty.
func deriveInitial(c *change) {
	for _, col := range c.table.shape.initial {
		if c.after.get(col) == nil {
			c.fill(col, col.initial)
		}
	}
}

// deriveOwner gives a new row an owner, and keeps what follows from the owner.
func (tx *transaction) deriveOwner(c *change) {
	p := &c.table.shape.platform
	if p.owner == nil || c.before != nil && !c.asks("ownerid") {
		return
	}
	owner, ok := c.after.get(p.owner).(ref)
	if !ok {
		owner = tx.user
		c.fill(p.owner, owner)
	}
	var user, team any
	if owner.table != nil && owner.table.name == "team" {
		team = owner
	} else {
		user = owner
	}
	c.fill(p.owningUser, user)
	if team != nil || c.before != nil {
		c.fill(p.owningTeam, team)
	}
	c.fill(p.owningUnit, tx.sim.unit)
}

// deriveState keeps state and status together: a status must belong to the
// state, and a state without a status gets its default (reference: 2.3, 2.9).
func deriveState(c *change) *failure {
	state, status := c.table.shape.platform.state, c.table.shape.platform.status
	if state == nil || status == nil {
		return nil
	}
	if c.before == nil && c.after.get(state) == nil {
		c.put("statecode", int64(0))
	}
	at, ok := c.after.get(state).(int64)
	if !ok {
		return badPayload(c.table, "A null value was found for the property named 'statecode'.")
	}
	now, given := c.after.get(status).(int64)
	if !c.asks("statuscode") && (c.before == nil || c.asks("statecode")) {
		c.put("statuscode", defaultStatus(state, status, at))
		return nil
	}
	if !given || !belongs(status, now, at) {
		return fail(400, "0x80048408", "%d is not a valid status code for state code %s on %s with Id %s.", now, stateLabel(state, at), c.table.name, c.after.id)
	}
	return nil
}

func belongs(status *column, value, state int64) bool {
	for _, o := range status.options {
		if int64(o.Value) == value {
			return int64(o.State) == state
		}
	}
	return false
}

// defaultStatus is the status that a state names as its default, else the first
// of its own.
func defaultStatus(state, status *column, value int64) any {
	for _, o := range state.meta.Choice.Options {
		if int64(o.Value) == value && belongs(status, int64(o.Default), value) {
			return int64(o.Default)
		}
	}
	for _, o := range status.options {
		if int64(o.State) == value {
			return int64(o.Value)
		}
	}
	return nil
}

func stateLabel(state *column, value int64) string {
	for _, o := range state.options {
		if int64(o.Value) == value {
			return o.Label
		}
	}
	return "(unknown)"
}
