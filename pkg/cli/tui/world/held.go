package world

// held is what topics know of objects already.
type held struct{}
