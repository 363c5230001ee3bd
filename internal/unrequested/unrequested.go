// Package unrequested has the words for rows that no key was asked for.
package unrequested

// Rows explains what stages.StageStats.Extra counts: a query does not do what its author thinks, or its key column is not the
// column that it compares.
const Rows = "rows for keys that were not asked for are left out"
