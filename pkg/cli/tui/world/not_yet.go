package world

import "errors"

// errNotYet is of what is not written yet.
var errNotYet = &Ended{Err: errors.New("not possible yet")}
