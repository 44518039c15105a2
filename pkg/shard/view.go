package shard

import (
	"hash/fnv"
	"io"
	"slices"
)

// View is a set of members, sorted.
type View []string

// NewView is the view of some members, each of which is named once.
func NewView(members ...string) View {
	v := View(slices.Clone(members))
	slices.Sort(v)
	return v
}

// Key is what an owner is to the hashing.
type Key uint64

// KeyOf is the key of an owner, or of a blueprint, whose namespace is empty.
func KeyOf(kind, namespace, name string) Key {
	return Key(hash(kind + "/" + namespace + "/" + name))
}

// Winner is the member that an owner belongs to; empty when the view is. Replicas of
// different versions have to come to the same answer, so the hash never changes.
func (v View) Winner(key Key) string {
	var winner string
	var most uint64
	for _, member := range v {
		if weight := mix(hash(member) ^ uint64(key)); winner == "" || weight > most {
			winner, most = member, weight // of two equal weights the first in order wins
		}
	}
	return winner
}

// hash is FNV-1a, whose upper bits hardly depend on the last letters: names that differ
// only there would all go to one member. The mixing mends that.
func hash(text string) uint64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, text) // a hash takes everything
	return mix(h.Sum64())
}

// mix spreads each bit over all others: the finalizer of SplitMix64.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
