package registry

// MaxKept is how many schemas a Resolver keeps.
const MaxKept = maxKept
