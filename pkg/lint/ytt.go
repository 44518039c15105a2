package lint

// readYtt finds what a ytt body reads.
func (t *Template) readYtt() {}
