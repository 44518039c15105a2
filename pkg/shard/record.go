package shard

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Record is what a member tells the others.
type Record struct {
	// View is the one that the member has adopted, and outside of which it does nothing.
	View View `json:"view"`
	// Wrote is, for each cache by its name, the last resourceVersion that the member wrote.
	// Whoever takes an owner over looks at none that is older.
	Wrote map[string]uint64 `json:"wrote,omitempty"`
}

// recordFormat goes up when members could misunderstand each other. A record of another
// format is as good as none: its writer is a member with whom nobody agrees.
const recordFormat = 1

// maxRecord bounds the text of a record, in bytes: those of a thousand members.
const maxRecord = 64 << 10

type wireRecord struct {
	Format int `json:"format"`
	Record
}

// Text is the record for a Lease's annotation.
func (r Record) Text() string {
	text, err := json.Marshal(wireRecord{recordFormat, r})
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	return string(text)
}

// Parse reads a record.
func Parse(text string) (Record, error) {
	if len(text) > maxRecord {
		return Record{}, fmt.Errorf("the record has %d bytes, which is more than %d", len(text), maxRecord)
	}
	var r wireRecord
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return Record{}, fmt.Errorf("read the record: %w", err)
	}
	switch {
	case r.Format != recordFormat:
		return Record{}, fmt.Errorf("the record has format %d, which is not %d", r.Format, recordFormat)
	case len(r.View) == 0:
		return Record{}, errors.New("the record has no view")
	}
	for i, member := range r.View {
		if member == "" || i > 0 && r.View[i-1] >= member {
			return Record{}, fmt.Errorf("the view %q is not a sorted set of names", []string(r.View))
		}
	}
	return r.Record, nil
}
