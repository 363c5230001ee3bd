package pipelinefile

// Nearest is the candidate that was probably meant by word, where one is near.
func Nearest(word string, candidates []string) (string, bool) { return nearest(word, candidates) }
