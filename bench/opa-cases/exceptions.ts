const beyond64 = 'WebAssembly has no integers beyond 64 bits (an exception in OPA, too)';
const beyond53 = 'numbers beyond 2^53 come to built-ins in JavaScript as doubles';
const noExponents = "WebAssembly parses JSON without Go's bound on exponents (an exception in OPA, too)";
const key = 'integers as keys of data are texts in WebAssembly (an exception in OPA, too)';

/** Cases that fail, and why that is so, by their notes. */
export const exceptions: Readonly<Record<string, string>> = {
  'aggregates/bignum exact (>64-bit integers through sum and product)': beyond64,
  'aggregates/sum integer fast-path overflow (elements fit int64, sum does not)': beyond64,
  'arithmetic/bignum exact (>64-bit integers through plus, minus, multiply)': beyond64,
  'arithmetic/int32 window edges (results crossing into wider integers)': beyond53,
  'baseandvirtualdocs/enumerate virtual errors':
    'what fails within a document is left out of it where errors of built-ins are none',
  'data/nested integer': key,
  'data/toplevel integer': key,
  'jsonbuiltins/unmarshal number beyond the supported exponent is undefined': noExponents,
  'jsonbuiltins/unmarshal number with too big an exponent is undefined': noExponents,
  'jsonbuiltins/yaml is_valid unreachable content': 'the YAML parser of the evaluator takes one document',
  'numbersrangestep/big int step': beyond53,
  'sprintf/big_int': beyond53,
  'sprintf/big_int/max_cert_serial_number': beyond53,
  'sprintf/float/zero_fraction': 'WebAssembly writes .0 as it was read, which is no JSON for JavaScript',
  'strings/format_int: bignum exact (>64-bit integer, all bases + negative)': beyond64,
  'strings/sprintf: float too big': beyond53,
};
