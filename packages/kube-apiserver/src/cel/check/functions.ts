const ORDERED = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes']
const NUMBERS = ['int', 'uint', 'double']
const FORMATS = [
  'byte',
  'date',
  'datetime',
  'dns1035Label',
  'dns1035LabelPrefix',
  'dns1123Label',
  'dns1123LabelPrefix',
  'dns1123Subdomain',
  'dns1123SubdomainPrefix',
  'labelValue',
  'qualifiedName',
  'uri',
  'uuid',
]

/** One signature for each of some words, which stand where the others have `$`. */
const each = (words: string[], ...signatures: string[]): string[] =>
  signatures.flatMap((signature) => words.map((word) => signature.replaceAll('$', word)))

const OPERATORS = [
  '_?_:_(bool, A, A): A',
  '_&&_(bool, bool): bool',
  '_||_(bool, bool): bool',
  '!_(bool): bool',
  '@not_strictly_false(bool): bool',
  '_==_(A, A): bool',
  '_!=_(A, A): bool',
  ...each(NUMBERS, '_+_($, $): $', '_-_($, $): $', '_*_($, $): $', '_/_($, $): $'),
  ...each(['int', 'uint'], '_%_($, $): $'),
  ...each(['int', 'double'], '-_($): $'),
  ...each(['string', 'bytes', 'list(A)', 'duration'], '_+_($, $): $'),
  '_+_(duration, timestamp): timestamp',
  '_+_(timestamp, duration): timestamp',
  '_-_(duration, duration): duration',
  '_-_(timestamp, duration): timestamp',
  '_-_(timestamp, timestamp): duration',
  ...['_<_', '_<=_', '_>_', '_>=_'].flatMap((operator) => [
    ...each(ORDERED, `${operator}($, $): bool`),
    ...NUMBERS.flatMap((left) =>
      NUMBERS.filter((right) => right !== left).map((right) => `${operator}(${left}, ${right}): bool`),
    ),
  ]),
  '_[_](list(A), int): A',
  '_[_](map(A, B), A): B',
  '_[_](optional_type(list(A)), int): optional_type(A)',
  '_[_](optional_type(map(A, B)), A): optional_type(B)',
  '_[?_](list(A), int): optional_type(A)',
  '_[?_](optional_type(list(A)), int): optional_type(A)',
  '_[?_](map(A, B), A): optional_type(B)',
  '_[?_](optional_type(map(A, B)), A): optional_type(B)',
  '@in(A, list(A)): bool',
  '@in(A, map(A, B)): bool',
]

const CONVERSIONS = [
  ...each(['bool', 'string'], 'bool($): bool'),
  ...each(['bytes', 'string'], 'bytes($): bytes'),
  ...each(['double', 'int', 'string', 'uint'], 'double($): double'),
  ...each(['duration', 'int', 'string'], 'duration($): duration'),
  ...each(['int', 'double', 'duration', 'string', 'timestamp', 'uint'], 'int($): int'),
  ...each(['uint', 'double', 'int', 'string'], 'uint($): uint'),
  ...each(['timestamp', 'int', 'string'], 'timestamp($): timestamp'),
  ...each(['string', 'bool', 'bytes', 'double', 'duration', 'int', 'timestamp', 'uint'], 'string($): string'),
  ...each(['net.IP', 'net.CIDR'], 'string($): string'),
  'dyn(A): dyn',
  'type(A): type(A)',
]

const TEXTS = [
  ...each(['contains', 'endsWith', 'startsWith', 'matches'], 'string::$(string): bool'),
  'matches(string, string): bool',
  'string::charAt(int): string',
  'string::find(string): string',
  'string::findAll(string): list(string)',
  'string::findAll(string, int): list(string)',
  'string::format(list(dyn)): string',
  ...each(['indexOf', 'lastIndexOf'], 'string::$(string): int', 'string::$(string, int): int'),
  ...each(['lowerAscii', 'upperAscii', 'trim'], 'string::$(): string'),
  'string::replace(string, string): string',
  'string::replace(string, string, int): string',
  'string::split(string): list(string)',
  'string::split(string, int): list(string)',
  'string::substring(int): string',
  'string::substring(int, int): string',
  'strings.quote(string): string',
]

const TIMES = [
  ...each(
    ['getDate', 'getDayOfMonth', 'getDayOfWeek', 'getDayOfYear', 'getFullYear', 'getMonth'],
    'timestamp::$(): int',
    'timestamp::$(string): int',
  ),
  ...each(
    ['getHours', 'getMinutes', 'getSeconds', 'getMilliseconds'],
    'timestamp::$(): int',
    'timestamp::$(string): int',
    'duration::$(): int',
  ),
]

const COLLECTIONS = [
  ...each(['string', 'bytes', 'list(A)', 'map(A, B)'], 'size($): int', '$::size(): int'),
  ...each(ORDERED, 'list($)::isSorted(): bool', 'list($)::max(): $', 'list($)::min(): $', 'list($)::sort(): list($)'),
  ...each(ORDERED, 'list(T)::@sortByAssociatedKeys(list($)): list(T)'),
  ...each([...NUMBERS, 'duration'], 'list($)::sum(): $'),
  ...each(['indexOf', 'lastIndexOf'], 'list(A)::$(A): int'),
  'list(T)::distinct(): list(T)',
  'list(T)::reverse(): list(T)',
  'list(T)::slice(int, int): list(T)',
  'list(list(T))::flatten(): list(T)',
  'list(dyn)::flatten(int): list(dyn)',
  'list(V)::first(): optional_type(V)',
  'list(V)::last(): optional_type(V)',
  'list(string)::join(): string',
  'list(string)::join(string): string',
  'lists.range(int): list(int)',
  ...each(['contains', 'equivalent', 'intersects'], 'sets.$(list(T), list(T)): bool'),
  'cel.@mapInsert(map(K, V), K, V): map(K, V)',
  'cel.@mapInsert(map(K, V), map(K, V)): map(K, V)',
]

const OPTIONALS = [
  'optional.none(): optional_type(V)',
  'optional.of(V): optional_type(V)',
  'optional.ofNonZeroValue(V): optional_type(V)',
  'optional.unwrap(list(optional_type(V))): list(V)',
  'list(optional_type(V))::unwrapOpt(): list(V)',
  'optional_type(V)::hasValue(): bool',
  'optional_type(V)::value(): V',
  'optional_type(V)::or(optional_type(V)): optional_type(V)',
  'optional_type(V)::orValue(V): V',
]

const NETWORKS = [
  'ip(string): net.IP',
  'isIP(string): bool',
  'ip.isCanonical(string): bool',
  'net.IP::family(): int',
  ...each(
    ['isUnspecified', 'isLoopback', 'isLinkLocalMulticast', 'isLinkLocalUnicast', 'isGlobalUnicast'],
    'net.IP::$(): bool',
  ),
  'cidr(string): net.CIDR',
  'isCIDR(string): bool',
  ...each(['string', 'net.IP'], 'net.CIDR::containsIP($): bool'),
  ...each(['string', 'net.CIDR'], 'net.CIDR::containsCIDR($): bool'),
  'net.CIDR::ip(): net.IP',
  'net.CIDR::masked(): net.CIDR',
  'net.CIDR::prefixLength(): int',
  'url(string): kubernetes.URL',
  'isURL(string): bool',
  ...each(['getEscapedPath', 'getHost', 'getHostname', 'getPort', 'getScheme'], 'kubernetes.URL::$(): string'),
  'kubernetes.URL::getQuery(): map(string, list(string))',
]

const QUANTITIES_AND_VERSIONS = [
  'quantity(string): kubernetes.Quantity',
  'isQuantity(string): bool',
  // A function and no method, as apiserver declares it.
  'sign(kubernetes.Quantity): int',
  'kubernetes.Quantity::asApproximateFloat(): double',
  'kubernetes.Quantity::asInteger(): int',
  'kubernetes.Quantity::isInteger(): bool',
  ...each(['kubernetes.Quantity', 'int'], 'kubernetes.Quantity::add($): kubernetes.Quantity'),
  ...each(['kubernetes.Quantity', 'int'], 'kubernetes.Quantity::sub($): kubernetes.Quantity'),
  ...each(
    ['kubernetes.Quantity', 'kubernetes.Semver'],
    '$::compareTo($): int',
    '$::isGreaterThan($): bool',
    '$::isLessThan($): bool',
  ),
  'semver(string): kubernetes.Semver',
  'semver(string, bool): kubernetes.Semver',
  'isSemver(string): bool',
  'isSemver(string, bool): bool',
  ...each(['major', 'minor', 'patch'], 'kubernetes.Semver::$(): int'),
]

const NAMED_FORMATS = [
  ...each(FORMATS, 'format.$(): kubernetes.NamedFormat'),
  'format.named(string): optional_type(kubernetes.NamedFormat)',
  'kubernetes.NamedFormat::validate(string): optional_type(list(string))',
]

const AUTHORIZATION = [
  'Authorizer::path(string): PathCheck',
  'Authorizer::group(string): GroupCheck',
  'Authorizer::serviceAccount(string, string): Authorizer',
  'GroupCheck::resource(string): ResourceCheck',
  ...each(
    ['subresource', 'namespace', 'name', 'fieldSelector', 'labelSelector'],
    'ResourceCheck::$(string): ResourceCheck',
  ),
  ...each(['PathCheck', 'ResourceCheck'], '$::check(string): Decision'),
  ...each(['allowed', 'errored'], 'Decision::$(): bool'),
  ...each(['error', 'reason'], 'Decision::$(): string'),
].map((signature) => signature.replaceAll(/\b[A-Z]\w+/g, 'kubernetes.authorization.$&'))

/**
 * Every function that the expressions of Kubernetes 1.34 may call, as `name(arguments): result` or, for a
 * method, `receiver::name(arguments): result`: cel-go's standard library and extensions, and those of apiserver's cel/library.
 */
export const SIGNATURES: readonly string[] = [
  ...OPERATORS,
  ...CONVERSIONS,
  ...TEXTS,
  ...TIMES,
  ...COLLECTIONS,
  ...OPTIONALS,
  ...NETWORKS,
  ...QUANTITIES_AND_VERSIONS,
  ...NAMED_FORMATS,
  ...AUTHORIZATION,
]
