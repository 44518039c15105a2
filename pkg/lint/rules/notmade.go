package rules

// NotMade are rules of the catalogue that there are not, and why.
var NotMade = map[string]string{
	"YTT006": "Two renders of the same inputs can not differ: ytt has neither a clock nor a source of randomness, and its dicts keep their order. " +
		"A fuzz target of pkg/ytt compares renders.",
	"CMP003": "Which release of Cartographer brought which field has no source that could be relied on: its CRDs carry no versions, and its modules are not to be had any more. " +
		"A table from memory would accuse files that are right.",
}
