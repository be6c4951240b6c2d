export {default} from '../../theme/Footnote';
