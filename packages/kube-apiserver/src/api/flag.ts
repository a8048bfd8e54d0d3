/**
 * A flag of a query, undefined where it is not there: everything is true but `0` and `false`, whose case does not
 * matter (apimachinery, Convert_Slice_string_To_bool). Clients for Python send `True` and `False`.
 */
export function flagOf(query: URLSearchParams, name: string): boolean | undefined {
  const value = query.get(name)
  return value === null ? undefined : value !== '0' && value.toLowerCase() !== 'false'
}
