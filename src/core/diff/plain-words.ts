/** Words, in lower case, that an API server says of any object: they tell nothing of the values of this one. */
export const plainWords: ReadonlySet<string> = new Set(
  `
  a about after again all already an and another any api apigroup apps array as at base64 be because been before being
  binding boolean but by bytes cannot capacity change changed character characters cluster code config consist contents
  context convert conversion converting could create created creation data decoding decode default denied deny deployment
  deprecated did does dry duplicate empty end entries entry error errors every exceeded exist expected expression failed
  false field fields first float for forbidden format found from get got group handled has have id if illegal immutable in
  input insensitive int integer internal into invalid is it item items json key keys kind kubernetes label labels length
  less limit limited list long looking lower-case lowercase makes manifest map match maximum may metadata minimum missing
  more must name names namespace namespaces new nil no not null numeric object objects occurred of on once only opaque open
  operation or other out patch permission persistentvolumeclaim pod pods policy possible proper quota read refused request
  requested required resource resources resulted run run rule schema secret secrets sensitive server service set should
  size spec start status strict string stringdata such supported support template than that the their then there this to
  too true type typed unable unexpected unknown unmarshal unset unstructured unsupported update updated updates usage use
  used user uses v1 valid validate validated validatingadmissionpolicy validation value values verb version was webhook
  were when where which while will with without word wrong
  `
    .trim()
    .split(/\s+/),
)
