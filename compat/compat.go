// Package compat runs other people's clients against the sandbox: what they cannot tell
// from the real systems, our own clients cannot have been taught to like.
package compat
